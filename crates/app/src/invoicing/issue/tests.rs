use super::*;
use crate::invoicing::samples::{
    NOW, Still, app, app_of, app_with, commit, content, merchant, request, serial,
};
use async_trait::async_trait;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{Account, PlatformId, Role, SecretHash};
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::RequestState;
use kaipiao_domain::people::message::MessageEvent;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{Commit, Page};
use kaipiao_records::access::account::account_key;
use kaipiao_records::invoicing::content::content_key;
use kaipiao_store_memory::MemoryStore;
use std::pin::pin;

/// A store in which these requests run.
async fn store_of(requests: &[InvoiceRequest]) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::default());
    let account = Account {
        appid: merchant(),
        role: Role::Merchant,
        name: "n".into(),
        original_id: "gh_1".into(),
        secret: SecretHash([0; 32]),
        bound_to: None,
        platform_id: Some(PlatformId::from_checked("p".into())),
        permissions: Role::Merchant.permissions(|_| None),
        callers: Vec::new(),
    };
    commit(&store, vec![record::save(account_key(&merchant()), Expect::Absent, &account)]).await;
    for request in requests {
        let key = request_key(&merchant(), &request.serial);
        let content_key = content_key(&merchant(), &request.serial, request.content_number);
        let head = record::save(key, Expect::Absent, request);
        let content = record::save(content_key, Expect::Absent, &content());
        commit(&store, vec![head, content]).await;
    }
    store
}

async fn cards(store: &MemoryStore) -> Vec<Versioned<InvoiceCard>> {
    let page = Page::by_key(Kind::Card, Some("amy".into()), 10);
    record::list_versioned(store, &page).await.unwrap()
}

/// An issuer of the operator's own, whose numbers are of this year.
struct Outside(&'static str);

#[async_trait]
impl Issuer for Outside {
    async fn issue(&self, _: &InvoiceRequest, _: &Content, at: Timestamp) -> Issuance {
        IssuerAnswer::Issued(IssuedInvoice {
            number: InvoiceNumber::parse("", &format!("{}952000000000000017", self.0)).unwrap(),
            check_code: String::new(),
            at,
            specimen: true,
            machine_number: "0".repeat(12),
            from_outside: true,
            documents: Vec::new(),
        })
        .into()
    }
}

/// Earlier programs recorded a number from outside at its place, which has no year.
#[tokio::test]
async fn a_place_that_another_years_number_from_outside_has_is_in_nobodys_way() {
    let running = InvoiceRequest { face: Face::Digital, ..request("s1", Colour::Blue) };
    let store = store_of(std::slice::from_ref(&running)).await;
    let number = InvoiceNumber::parse("", "26952000000000000017").unwrap();
    let before = NumberOwner { number: number.clone(), serial: serial("s0") };
    let key = before.key(&merchant());
    let saves = vec![
        record::save(key.clone(), Expect::Absent, &before),
        taken(&number.clone().into(), &merchant(), &before.serial),
    ];
    commit(&store, saves).await;
    let app = app_with(Arc::clone(&store), Arc::new(Outside("27")));
    issue(&app, &job_id(&running), Place::uncounted()).await.unwrap();
    let card = cards(&store).await.remove(0).value;
    assert_eq!(card.number.number(), "27952000000000000017");
    assert_eq!(get::<NumberOwner>(&app, &key).await.unwrap(), Some(before));
    let holder = taken_numbers::holder(&app, &card.number).await.unwrap().unwrap();
    assert_eq!(holder.serial, running.serial);
    // That of the same year is the other invoice's.
    let second = InvoiceRequest { face: Face::Digital, ..request("s2", Colour::Blue) };
    let app = app_with(store_of(std::slice::from_ref(&second)).await, Arc::new(Outside("26")));
    let held = taken(&number.clone().into(), &merchant(), &serial("s0"));
    app.store.commit(Commit::of(vec![held])).await.unwrap();
    issue(&app, &job_id(&second), Place::uncounted()).await.unwrap();
    let found = requests::find(&app, &merchant(), &second.serial).await.unwrap().unwrap();
    assert!(matches!(
        found.state,
        RequestState::Failed { failure: IssueFailure::Unreadable(_), .. }
    ));
}

/// Sixty-four bits that are 0 the first time, then 1, and so on.
#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        let tail = bytes.iter_mut().rev().zip(number.iter().rev());
        tail.for_each(|(byte, digit)| *byte = *digit);
    }
}

#[tokio::test]
async fn a_code_that_another_card_has_is_drawn_anew() {
    let running = request("s1", Colour::Blue);
    let store = store_of(std::slice::from_ref(&running)).await;
    let taken =
        CodeOwner { user: running.user.clone(), merchant: merchant(), serial: serial("other") };
    let key = CodeOwner::key(&merchant(), &CardCode::from_random(0));
    commit(&store, vec![record::save(key.clone(), Expect::Absent, &taken)]).await;
    let app = app_of(Arc::clone(&store), Arc::new(Still), Arc::new(Counting::default()));
    issue(&app, &job_id(&running), Place::uncounted()).await.unwrap();
    let card = cards(&store).await.remove(0).value;
    assert_eq!(card.code, CardCode::from_random(1));
    assert_eq!(card.card_id, card_id::make(&app.keys, &merchant()));
    let owner = get::<CodeOwner>(&app, &CodeOwner::key(&merchant(), &card.code)).await.unwrap();
    assert_eq!(owner, Some(CodeOwner::from(&card)));
    assert_eq!(get::<CodeOwner>(&app, &key).await.unwrap(), Some(taken));
}

/// A clock during whose first looks somebody else changes the card.
struct Meddling {
    store: Arc<MemoryStore>,
    looks: AtomicU64,
}

const CHANGES: u64 = 3;

impl Meddling {
    async fn change(&self, look: u64) {
        let Versioned { value: card, version } = cards(&self.store).await.remove(0);
        let changed = InvoiceCard { seller: look.to_string(), ..card };
        let save = record::save(card_key(&changed), Expect::Version(version), &changed);
        commit(&self.store, vec![save]).await;
    }
}

impl Clock for Meddling {
    fn now(&self) -> Timestamp {
        let look = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        if look <= CHANGES {
            let changed = pin!(self.change(look)).poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(changed, Poll::Ready(()), "memory makes nobody wait");
        }
        NOW
    }

    fn real_now(&self) -> Timestamp {
        NOW
    }
}

#[tokio::test]
async fn a_card_that_changes_while_its_invoice_is_taken_back_keeps_the_change() {
    let blue = request("s1", Colour::Blue);
    let red = request("s2", Colour::Red { blue: blue.serial.clone() });
    let store = store_of(&[blue.clone(), red.clone()]).await;
    let before = app(Arc::clone(&store));
    issue(&before, &job_id(&blue), Place::uncounted()).await.unwrap();

    let clock = Meddling { store: Arc::clone(&store), looks: AtomicU64::default() };
    let after = app_of(Arc::clone(&store), Arc::new(clock), Arc::new(OsEntropy));
    issue(&after, &job_id(&red), Place::uncounted()).await.unwrap();
    let cards = cards(&store).await;
    assert_eq!(cards.len(), 1, "a red invoice is no card");
    let card = &cards[0].value;
    assert_eq!((&*card.seller, card.status.offset_by()), ("3", Some(&red.serial)));
}

/// An end of the same order in the same millisecond.
#[tokio::test]
async fn a_message_of_the_same_name_is_not_overwritten() {
    let running = request("s1", Colour::Blue);
    let store = store_of(std::slice::from_ref(&running)).await;
    let sent = Message {
        user: running.user.clone(),
        merchant: merchant(),
        order_id: running.order_id.clone(),
        sent_at: NOW,
        event: MessageEvent::Issued(serial("s0")),
    };
    commit(&store, vec![record::save(message_key(&sent), Expect::Absent, &sent)]).await;
    let app = app(Arc::clone(&store));
    issue(&app, &job_id(&running), Place::uncounted()).await.unwrap();
    let page = Page::by_key(Kind::Message, Some("amy".into()), 10);
    let messages: Vec<Message> = record::list(&*store, &page).await.unwrap();
    assert_eq!(messages[0], sent);
    assert_eq!(messages[1].event, MessageEvent::Issued(running.serial));
}
