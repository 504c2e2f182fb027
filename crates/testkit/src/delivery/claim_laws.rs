//! The laws of claims, for both queues.

use super::fixtures::{
    LONG, all_jobs, all_pushes, change_jobs, claim_jobs, claim_jobs_for, claim_pushes,
    claim_pushes_for, commit_pushes, complete, counted, delivered, done, due, due_turns, job_id,
    ordering_keys, push, report, request, turn,
};
use crate::laws::Subject;
use kaipiao_ports::delivery::claims::{
    ClaimRequest, ClaimToken, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{JobChange, JobFailure, JobState};
use kaipiao_ports::delivery::outbox::{Destination, NewPush};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Committed, Store};
use std::collections::HashSet;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Makes one test per law of claims.
#[macro_export]
macro_rules! claim_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            delivery::claim_laws {
                a_claim_has_one_holder_lapses_and_is_offered_again,
                a_renewed_claim_holds,
                a_released_claim_is_offered_at_once,
                a_moved_domain_clock_frees_no_claim,
                a_lapsed_holders_report_changes_nothing,
                a_report_counts_once,
                opening_again_ends_every_claim,
                what_was_due_for_longest_is_claimed_first,
                due_turns_pages_and_says_when,
                what_is_open_is_counted_until_it_is_over,
                commit_says_what_became_due,
                fixed_destinations_take_turns_of_their_own,
                what_is_done_is_never_offered_again,
            }
        );
    };
}

/// A claim on a push or on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    name: String,
    token: ClaimToken,
}

/// Puts work into a queue: a push of that ordering key, or a job of that name.
async fn put(store: &dyn Store, queue: Queue, account: &str, name: &str, due_ms: i64) {
    match queue {
        Queue::Push => commit_pushes(store, vec![push(account, name, due_ms)]).await,
        Queue::Issue => change_jobs(store, vec![due(account, name, due_ms)]).await,
    }
}

/// Claims of one turn. Returns when the rest of it is due, too.
async fn claim_of(
    store: &dyn Store,
    queue: Queue,
    request: ClaimRequest<'_>,
) -> (Vec<Held>, Option<i64>) {
    match queue {
        Queue::Push => {
            let claimed = store.claim_pushes(&request).await.unwrap();
            let held = claimed.claims.into_iter();
            let held = held.map(|claim| Held { name: claim.work.ordering_key, token: claim.token });
            (held.collect(), claimed.next_due_ms)
        }
        Queue::Issue => {
            let claimed = store.claim_jobs(queue, &request).await.unwrap();
            let held = claimed.claims.into_iter();
            let held = held.map(|claim| Held { name: claim.work.id.name, token: claim.token });
            (held.collect(), claimed.next_due_ms)
        }
    }
}

/// Claims what account wx1 has.
async fn claim(store: &dyn Store, queue: Queue, due_by_ms: i64, lapses_in: Duration) -> Vec<Held> {
    let turn = turn("wx1");
    claim_of(store, queue, ClaimRequest { lapses_in, ..request(&turn, due_by_ms) }).await.0
}

/// Reports the end of the work: delivered, or set aside.
async fn end(store: &dyn Store, token: ClaimToken) -> Reported {
    match token.queue {
        Queue::Push => store.complete_push(report(token, delivered(10))).await.unwrap(),
        Queue::Issue => {
            let next = JobState::Failed { at_ms: 10 };
            store.fail_job(JobFailure { token, error: "poison".into(), next }).await.unwrap()
        }
    }
}

/// A claim has one holder; when its time is over, the work is offered again.
pub async fn a_claim_has_one_holder_lapses_and_is_offered_again(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 5000).await;
        assert_eq!(claim(&*store, queue, 4999, LONG).await, [], "not due yet");
        let first = claim(&*store, queue, 5000, Duration::ZERO).await;
        assert_eq!(due_turns(&*store, queue, 5000).await.len(), 1, "it has lapsed");
        let second = claim(&*store, queue, 5000, LONG).await;
        assert_eq!((first.len(), second.len()), (1, 1));
        assert_eq!(first[0].name, second[0].name);
        assert_eq!(first[0].token.number, second[0].token.number);
        assert_ne!(first[0].token, second[0].token);
        assert_eq!(claim(&*store, queue, 5000, LONG).await, [], "it has a holder");
        assert_eq!(due_turns(&*store, queue, 5000).await, []);
    }
}

/// Renewed in time, a claim holds and its report counts; what has lapsed cannot be renewed, even if
/// nobody else has taken it.
pub async fn a_renewed_claim_holds(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 1).await;
        put(&*store, queue, "wx1", "2", 1).await;
        let held = claim(&*store, queue, 1, LONG).await;
        let [renewed, lapsed] = &held[..] else { panic!("{held:?}") };
        assert_eq!(store.renew(&[renewed.token, lapsed.token], LONG).await.unwrap(), []);
        assert_eq!(store.renew(&[lapsed.token], Duration::ZERO).await.unwrap(), []);
        let both = [renewed.token, lapsed.token];
        assert_eq!(store.renew(&both, LONG).await.unwrap(), [lapsed.token]);
        assert_eq!(end(&*store, lapsed.token).await, Reported::Lapsed);
        let again = claim(&*store, queue, 1, LONG).await;
        assert_eq!(again.iter().map(|held| &held.name).collect::<Vec<_>>(), [&lapsed.name]);
        assert_eq!(store.renew(&[lapsed.token], LONG).await.unwrap(), [lapsed.token]);
        assert_eq!(end(&*store, renewed.token).await, counted(None));
        assert_eq!(store.renew(&[renewed.token], LONG).await.unwrap(), [renewed.token], "ended");
        assert_eq!(end(&*store, again[0].token).await, counted(None));
    }
}

/// Who lets go of a claim has lost it; who has lost it cannot let go of another's.
pub async fn a_released_claim_is_offered_at_once(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 1).await;
        let first = claim(&*store, queue, 1, LONG).await.remove(0);
        store.release(&[first.token]).await.unwrap();
        assert_eq!(end(&*store, first.token).await, Reported::Lapsed);
        assert_eq!(due_turns(&*store, queue, 1).await, [DueTurn { due_ms: 1, turn: turn("wx1") }]);
        let second = claim(&*store, queue, 1, LONG).await.remove(0);
        store.release(&[first.token]).await.unwrap();
        assert_eq!(claim(&*store, queue, 1, LONG).await, []);
        assert_eq!(end(&*store, second.token).await, counted(None));
        store.release(&[second.token]).await.unwrap();
        assert_eq!(claim(&*store, queue, i64::MAX, LONG).await, [], "it has ended");
    }
}

/// Claims lapse in real time, however far the domain's clock is moved.
pub async fn a_moved_domain_clock_frees_no_claim(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 1).await;
        let held = claim(&*store, queue, 1, LONG).await.remove(0);
        for due_by_ms in [1, 1_000_000_000_000, i64::MAX] {
            assert_eq!(claim(&*store, queue, due_by_ms, LONG).await, []);
            assert_eq!(due_turns(&*store, queue, due_by_ms).await, []);
        }
        assert_eq!(end(&*store, held.token).await, counted(None));
    }
}

/// What somebody reports whose claim has lapsed changes nothing, whether the work has a new holder
/// or none.
pub async fn a_lapsed_holders_report_changes_nothing(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 1).await;
        let lapsed = claim(&*store, queue, 1, Duration::ZERO).await.remove(0);
        assert_eq!(end(&*store, lapsed.token).await, Reported::Lapsed);
        let held = claim(&*store, queue, 1, LONG).await.remove(0);
        assert_eq!(end(&*store, lapsed.token).await, Reported::Lapsed);
        let unknown = ClaimToken { number: held.token.number + 1, ..held.token };
        assert_eq!(end(&*store, unknown).await, Reported::Lapsed);
        let attempts = async || match queue {
            Queue::Push => all_pushes(&*store).await[0].push.attempts,
            Queue::Issue => all_jobs(&*store).await[0].attempts,
        };
        assert_eq!(attempts().await, 0);
        assert_eq!(end(&*store, held.token).await, counted(None));
        assert_eq!(attempts().await, 1);
    }
}

/// Of reports under one claim, also at the same time, one counts.
pub async fn a_report_counts_once(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        put(&*store, queue, "wx1", "1", 1).await;
        let held = claim(&*store, queue, 1, LONG).await.remove(0);
        let reports: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { end(&*store, held.token).await })
            })
            .collect();
        let mut counts = 0;
        for report in reports {
            match report.await.unwrap() {
                Reported::Counted { .. } => counts += 1,
                Reported::Lapsed => {}
            }
        }
        assert_eq!(counts, 1);
        assert_eq!(end(&*store, held.token).await, Reported::Lapsed);
    }
}

/// Who held work before a crash does not hold it after, also if it is claimed anew.
pub async fn opening_again_ends_every_claim(subject: &dyn Subject) {
    for queue in Queue::ALL {
        let store = subject.open().await;
        put(&*store, queue, "wx1", "1", 1).await;
        let before = claim(&*store, queue, 1, LONG).await.remove(0);
        drop(store);
        let store = subject.open().await;
        assert_eq!(store.renew(&[before.token], LONG).await.unwrap(), [before.token]);
        let after = claim(&*store, queue, 1, LONG).await.remove(0);
        assert_ne!(before.token, after.token);
        assert_eq!(end(&*store, before.token).await, Reported::Lapsed);
        assert_eq!(end(&*store, after.token).await, counted(None));
    }
}

/// By when it is due, then in the order of the commits; a claim says when the rest is due.
pub async fn what_was_due_for_longest_is_claimed_first(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        for (name, due_ms) in [("a", 9), ("b", 20), ("c", 9), ("d", 3), ("e", 9)] {
            put(&*store, queue, "wx1", name, due_ms).await;
        }
        let turn = turn("wx1");
        let two = ClaimRequest { limit: 2, ..request(&turn, 10) };
        let mut pages = Vec::new();
        for _ in 0..3 {
            let (held, next_due_ms) = claim_of(&*store, queue, two.clone()).await;
            pages.push((held.into_iter().map(|held| held.name).collect::<String>(), next_due_ms));
        }
        let page = |names: &str, next_due_ms| (names.to_owned(), next_due_ms);
        assert_eq!(pages, [page("da", Some(9)), page("ce", Some(20)), page("", Some(20))]);
        let late = ClaimRequest { due_by_ms: 20, ..two };
        let (held, next_due_ms) = claim_of(&*store, queue, late).await;
        assert_eq!((&*held[0].name, next_due_ms), ("b", None));
    }
}

/// Only turns with work that is due by then and that nobody holds, in the turns' order.
pub async fn due_turns_pages_and_says_when(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        let due = |account: &str, due_ms| DueTurn { due_ms, turn: turn(account) };
        for (account, name, due_ms) in
            [("wx2", "a", 20), ("wx3", "b", 7), ("wx3", "c", 5), ("wx1", "d", 10), ("wx4", "e", 12)]
        {
            put(&*store, queue, account, name, due_ms).await;
        }
        let [one, two, three, four] = [("wx1", 10), ("wx2", 20), ("wx3", 5), ("wx4", 12)]
            .map(|(account, due_ms)| due(account, due_ms));
        let found = async |due_by_ms, after: Option<&TurnKey>, limit| {
            store.due_turns(queue, due_by_ms, after, limit).await.unwrap()
        };
        assert_eq!(found(15, None, 10).await, [one.clone(), three.clone(), four.clone()]);
        assert_eq!(found(20, None, 10).await, [one.clone(), two, three.clone(), four.clone()]);
        assert_eq!(found(4, None, 10).await, []);
        // Pages skip what is not due, and go on behind a turn that has no work itself.
        assert_eq!(found(15, None, 1).await, slice::from_ref(&one));
        assert_eq!(found(15, Some(&one.turn), 1).await, slice::from_ref(&three));
        assert_eq!(found(15, Some(&turn("wx2")), 5).await, [three.clone(), four.clone()]);
        assert_eq!(found(15, Some(&four.turn), 5).await, []);
        // What is held is not offered.
        let first = ClaimRequest { limit: 1, ..request(&three.turn, 15) };
        let held = claim_of(&*store, queue, first.clone()).await.0.remove(0);
        assert_eq!(found(15, Some(&one.turn), 1).await, [due("wx3", 7)]);
        assert_eq!(claim_of(&*store, queue, first).await.0.len(), 1);
        assert_eq!(found(15, None, 10).await, [one.clone(), four.clone()]);
        store.release(&[held.token]).await.unwrap();
        assert_eq!(found(15, None, 10).await, [one, three, four]);
    }
}

/// Held or not, due or not, behind another one or not; not what was delivered, has ended or failed.
pub async fn what_is_open_is_counted_until_it_is_over(subject: &dyn Subject) {
    let store = subject.open().await;
    for queue in Queue::ALL {
        let count = async |at_most| store.count_open(queue, at_most).await.unwrap();
        assert_eq!(count(100).await, 0);
        for (account, name, due_ms) in [("wx1", "a", 5), ("wx1", "b", 1000), ("wx2", "c", 5)] {
            put(&*store, queue, account, name, due_ms).await;
        }
        assert_eq!((count(100).await, count(2).await), (3, 2));
        let held = claim(&*store, queue, 5, LONG).await;
        assert_eq!(count(100).await, 3, "what is held is open");
        end(&*store, held[0].token).await;
        assert_eq!(count(100).await, 2);
    }
    commit_pushes(&*store, vec![push("wx2", "c", 6)]).await;
    change_jobs(&*store, vec![JobChange::Done(job_id("wx2", "c"))]).await;
    drop(store);
    let store = subject.open().await;
    let counts = Queue::ALL.map(|queue| store.count_open(queue, 100));
    let [pushes, jobs] = counts;
    assert_eq!((pushes.await.unwrap(), jobs.await.unwrap()), (3, 1));
}

/// Pushes that became Ready and jobs that became due; not what waits, has ended or conflicts.
pub async fn commit_says_what_became_due(subject: &dyn Subject) {
    let store = subject.open().await;
    let commit = async |pushes, jobs| {
        let Committed { mut due } =
            store.commit(Commit { pushes, jobs, ..Commit::default() }).await.unwrap();
        due.sort();
        // Whether a turn is named once or once per work is the store's own business.
        due.dedup();
        due
    };
    let became = |queue, account: &str, due_ms| (queue, DueTurn { due_ms, turn: turn(account) });
    let pushes = vec![push("wx1", "a", 5), push("wx1", "a", 6), push("wx2", "a", 5)];
    let jobs = vec![due("wx3", 1, 70), due("wx3", 2, 80)];
    let expected = [
        became(Queue::Push, "wx1", 5),
        became(Queue::Push, "wx2", 5),
        became(Queue::Issue, "wx3", 70),
        became(Queue::Issue, "wx3", 80),
    ];
    assert_eq!(commit(pushes, jobs).await, expected);
    let ended = JobChange::Done(job_id("wx3", 1));
    assert_eq!(commit(vec![push("wx1", "a", 7)], vec![ended]).await, []);
    let again = became(Queue::Issue, "wx3", 90);
    assert_eq!(commit(Vec::new(), vec![due("wx3", 2, 90)]).await, [again]);
    let fixed = NewPush { destination: fixed("https://a.example"), ..push("wx1", "b", 8) };
    let origin = "https://a.example".to_owned();
    let turn = TurnKey { account: "wx1".into(), origin };
    let expected = [(Queue::Push, DueTurn { due_ms: 8, turn })];
    assert_eq!(commit(vec![fixed], Vec::new()).await, expected);
}

fn fixed(origin: &str) -> Destination {
    Destination::Fixed { url: format!("{origin}/notify"), origin: origin.into() }
}

/// An account's dead address does not stand in its callback's way, nor in another address's; the
/// order within an ordering key holds across them.
pub async fn fixed_destinations_take_turns_of_their_own(subject: &dyn Subject) {
    let store = subject.open().await;
    let (a, b) = ("https://a.example", "https://b.example:8443");
    let to = |origin, key| NewPush { destination: fixed(origin), ..push("wx1", key, 1) };
    let pushes = vec![to(b, "1"), push("wx1", "2", 1), to(a, "3"), to(a, "2"), to(a, "4")];
    commit_pushes(&*store, pushes).await;
    drop(store);
    let store = subject.open().await;
    let turns = ["", a, b].map(|origin| TurnKey { account: "wx1".into(), origin: origin.into() });
    let due_now = |turn: &TurnKey| DueTurn { due_ms: 1, turn: turn.clone() };
    assert_eq!(due_turns(&*store, Queue::Push, 1).await, turns.each_ref().map(due_now));
    let mut callback = Vec::new();
    for (turn, keys) in turns.iter().zip([vec!["2"], vec!["3", "4"], vec!["1"]]) {
        let claims = store.claim_pushes(&request(turn, 1)).await.unwrap().claims;
        assert_eq!(ordering_keys(&claims), keys);
        for claim in &claims {
            assert_eq!(claim.work.turn(), *turn);
            let url = (!turn.origin.is_empty()).then(|| format!("{}/notify", turn.origin));
            assert_eq!(claim.work.destination.url(), url.as_deref());
        }
        if turn.origin.is_empty() {
            callback = claims;
        }
    }
    assert_eq!(complete(&*store, &callback[0], delivered(9)).await, counted(Some(9)));
    let next = DueTurn { due_ms: 9, turn: turns[1].clone() };
    assert_eq!(due_turns(&*store, Queue::Push, 9).await, [next]);
}

/// What the workers of the race below have been answered for.
#[derive(Default)]
struct Ended {
    numbers: Mutex<HashSet<(Queue, i64)>>,
    pushes: AtomicUsize,
    jobs: AtomicUsize,
}

impl Ended {
    fn add(&self, token: ClaimToken) {
        let is_new = self.numbers.lock().unwrap().insert((token.queue, token.number));
        assert!(is_new, "{token:?} was done twice");
        match token.queue {
            Queue::Push => self.pushes.fetch_add(1, Ordering::SeqCst),
            Queue::Issue => self.jobs.fetch_add(1, Ordering::SeqCst),
        };
    }

    fn seen(&self) -> HashSet<(Queue, i64)> {
        self.numbers.lock().unwrap().clone()
    }

    fn are_all(&self, count: usize) -> bool {
        self.pushes.load(Ordering::SeqCst) == count && self.jobs.load(Ordering::SeqCst) == count
    }
}

/// A claim sees at least what was answered before it was asked for: workers complete, while others
/// claim whatever is offered at every moment.
pub async fn what_is_done_is_never_offered_again(subject: &dyn Subject) {
    const EACH: usize = 400;
    let store = subject.open().await;
    let (ended, is_over) = (Arc::new(Ended::default()), Arc::new(AtomicBool::new(false)));
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..EACH {
                let account = format!("wx{}", n % 3);
                let pushes = vec![push(&account, &(n % 11).to_string(), 1)];
                let jobs = vec![due(&account, n, 1)];
                store.commit(Commit { pushes, jobs, ..Commit::default() }).await.unwrap();
            }
        })
    };
    let lookers: Vec<_> = (0..2)
        .map(|_| {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            let is_over = Arc::clone(&is_over);
            tokio::spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let seen = ended.seen();
                    for push in claim_pushes_for(&*store, 10, Duration::ZERO).await {
                        assert!(!seen.contains(&(Queue::Push, push.token.number)), "{push:?}");
                    }
                    for job in claim_jobs_for(&*store, 10, Duration::ZERO).await {
                        assert!(!seen.contains(&(Queue::Issue, job.token.number)), "{job:?}");
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            tokio::spawn(async move {
                while !ended.are_all(EACH) {
                    work_once(&*store, &ended).await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    writer.await.unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    for looker in lookers {
        looker.await.unwrap();
    }
    assert_eq!(claim_pushes(&*store, i64::MAX).await, []);
    assert_eq!(claim_jobs(&*store, i64::MAX).await, []);
}

/// Does what is due and not held. Nobody else does the same: the claims hold for long.
async fn work_once(store: &dyn Store, ended: &Ended) {
    let seen = ended.seen();
    for push in claim_pushes(store, 10).await {
        assert!(!seen.contains(&(Queue::Push, push.token.number)), "{push:?}");
        let reported = complete(store, &push, delivered(10)).await;
        assert!(matches!(reported, Reported::Counted { .. }));
        ended.add(push.token);
    }
    for job in claim_jobs(store, 10).await {
        assert!(!seen.contains(&(Queue::Issue, job.token.number)), "{job:?}");
        let owner = job.work.id.account.clone();
        let key = Key { kind: Kind::Order, owner, id: job.work.id.name.clone() };
        let (expect, index) = (Expect::Absent, Index::default());
        let save = Save { key, expect, body: Some(Body::new("x")), index };
        let commit = Commit { jobs: vec![done(&job.work)], ..Commit::of(vec![save]) };
        store.commit(commit).await.expect("nobody else has done it");
        ended.add(job.token);
    }
}
