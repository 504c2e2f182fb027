//! The law of cards: whoever changes one reads it, lets the domain decide and saves at the version that was read, so what
//! is saved are the domain's decisions one after the other, whatever the store (wire_facts 1.1).

use crate::laws::Subject;
use crate::records::fixtures::{body, commit, key, read, save};
use crate::steps::Steps;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::reimbursement::card_status::{CardStatus, CompanyAction, ReimburseStatus};
use kaipiao_ports::record::{Expect, Key, Kind};
use kaipiao_ports::store::Store;
use std::sync::Arc;

/// Makes the test of the law of cards.
#[macro_export]
macro_rules! card_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            reimbursement::card_laws { companies_and_a_platform_at_once_agree_with_a_model }
        );
    };
}

/// Cards that are wanted one after the other, and what each company tries with one.
const CARDS: u64 = 24;
const TRIES: u64 = 12;
const NOW: Timestamp = Timestamp::from_unix_millis(7);

/// Somebody's wish: `None` is the platform's cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wish {
    by: u64,
    action: Option<CompanyAction>,
}

const NAMES: [(&str, Option<CompanyAction>); 4] = [
    ("unlock", Some(CompanyAction::Unlock)),
    ("lock", Some(CompanyAction::Lock)),
    ("close", Some(CompanyAction::Close)),
    ("cancel", None),
];

impl Wish {
    /// A line of the card's body: everything that was done to it, oldest first.
    fn line(self) -> String {
        let (name, _) = NAMES.into_iter().find(|(_, action)| *action == self.action).unwrap();
        format!("{} {name}\n", self.by)
    }

    fn all(text: &str) -> Vec<Self> {
        let read = |line: &str| {
            let (by, name) = line.split_once(' ').unwrap();
            let (_, action) = NAMES.into_iter().find(|(known, _)| *known == name).unwrap();
            Self { by: by.parse().unwrap(), action }
        };
        text.lines().map(read).collect()
    }

    fn decide(self, status: &CardStatus) -> Option<CardStatus> {
        let company = AppId::parse(&format!("wx{:016x}", self.by)).unwrap();
        let next = match self.action {
            Some(action) => status.change(action, &company, NOW),
            None => status.told_by_platform(ReimburseStatus::Cancel),
        };
        next.ok()
    }
}

/// What the rules say without the domain's table: who has the card, and whether it is over.
#[derive(Debug, Default)]
struct Model {
    holder: Option<u64>,
    is_over: bool,
}

impl Model {
    /// Panics where the rules forbid it.
    fn act(&mut self, Wish { by, action }: Wish) {
        assert!(!self.is_over, "{by} {action:?} of a card that was closed or cancelled");
        match action {
            None => self.is_over = true,
            Some(CompanyAction::Lock) => {
                assert_eq!(self.holder, None, "{by} has locked it too");
                self.holder = Some(by);
            }
            Some(CompanyAction::Unlock) => {
                assert_eq!(self.holder.take(), Some(by), "it was unlocked by who had it not");
            }
            Some(CompanyAction::Close) => {
                assert_eq!(self.holder, Some(by), "it was closed by who had it not");
                self.is_over = true;
            }
        }
    }
}

/// Two companies lock, let go of and write off the same cards, and their platform cancels some meanwhile: what was
/// acknowledged was done, once and in an order that the rules allow; never do two have a card.
pub async fn companies_and_a_platform_at_once_agree_with_a_model(subject: &dyn Subject) {
    let store = subject.open().await;
    let mut dice = Steps::new(7);
    let mut ends = [0; 2];
    for number in 0..CARDS {
        let card = key(Kind::Card, "u", &number.to_string());
        commit(&*store, vec![save(card.clone(), Expect::Absent, "")]).await.unwrap();
        let tasks: Vec<_> = (1..=3)
            .map(|by| {
                let seed = dice.below(1_000_000) + 1;
                tokio::spawn(want(Arc::clone(&store), card.clone(), by, seed))
            })
            .collect();
        let mut acknowledged: Vec<Wish> = Vec::new();
        for task in tasks {
            acknowledged.extend(task.await.unwrap());
        }
        let done = Wish::all(&body(&*store, &card).await.unwrap());
        let mut model = Model::default();
        done.iter().for_each(|wish| model.act(*wish));
        let of = |all: &[Wish], by| -> Vec<_> {
            all.iter().filter(|wish| wish.by == by).copied().collect()
        };
        for by in 1..=3 {
            assert_eq!(of(&done, by), of(&acknowledged, by), "{done:?}");
        }
        if model.is_over {
            ends[usize::from(done.last().unwrap().action.is_none())] += 1;
        }
    }
    assert!(ends.iter().all(|count| *count > 0), "closed and cancelled: {ends:?}");
}

/// A company's tries, or the platform's one: what was acknowledged of them, in their order.
async fn want(store: Arc<dyn Store>, card: Key, by: u64, seed: u64) -> Vec<Wish> {
    let mut dice = Steps::new(seed);
    let mut done = Vec::new();
    for _ in 0..TRIES {
        let action = match (by, dice.below(TRIES)) {
            (3, 0) => None,
            // The platform comes at any moment, and to some cards never. Until then it takes as long as a company does.
            (3, _) => {
                let idle = save(key(Kind::Card, "idle", "0"), Expect::Any, "");
                commit(&*store, vec![idle]).await.unwrap();
                continue;
            }
            (_, 0) => Some(CompanyAction::Close),
            (_, 1..6) => Some(CompanyAction::Unlock),
            _ => Some(CompanyAction::Lock),
        };
        let wish = Wish { by, action };
        while let Some(is_done) = attempt(&*store, &card, wish).await {
            if is_done {
                done.push(wish);
                break;
            }
        }
    }
    done
}

/// Reads, decides and saves: whether that was in time. None: the domain refuses it.
async fn attempt(store: &dyn Store, card: &Key, wish: Wish) -> Option<bool> {
    let found = read(store, card).await.unwrap();
    let text = found.body.text();
    let status = Wish::all(text).into_iter().fold(CardStatus::Init, |status, done| {
        done.decide(&status).expect("it was decided on the same status before")
    });
    wish.decide(&status)?;
    // The others come in between, also where a store never waits.
    tokio::task::yield_now().await;
    let body = format!("{text}{}", wish.line());
    let saves = vec![save(card.clone(), Expect::Version(found.version), &body)];
    Some(commit(store, saves).await.is_ok())
}
