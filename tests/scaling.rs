//! How many owners, and so buckets at most, each commit of a whole order and of a payment touches: docs/scaling.md
//! names them.

use async_trait::async_trait;
use kaipiao_app::App;
use kaipiao_app::authorization::s06_auth_push::authorize_with_default_title;
use kaipiao_app::delivery::dispatch;
use kaipiao_app::demo_shop::{self, Progress};
use kaipiao_app::invoicing::issue;
use kaipiao_app::payment::pay_caller::{self, PayCaller};
use kaipiao_app::payment::{demo_payment, pay_merchants, paying, payments, refunds};
use kaipiao_app::sandbox::DEMO_MCHID;
use kaipiao_cli::compose;
use kaipiao_cli::store::OpenStore;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{PayKey, PaymentRequest, SignType, TradeType};
use kaipiao_domain::payment::refund::RefundRequest;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::delivery::claims::{
    ClaimRequest, ClaimToken, Claimed, Claims, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobFailure, JobQuery, Jobs};
use kaipiao_ports::delivery::outbox::{
    ListedPush, Outbox, Push, PushId, PushQuery, PushReport, Replayed, StateFilter,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::record::{Key, Stored};
use kaipiao_ports::store::{Commit, Committed, Forgettable, Freshness, Listed, Page, Store};
use kaipiao_store_sqlite::{Options, SqliteStore};
use kaipiao_tests::{MERCHANT, PATIENCE, PAUSE, USER, load};
use kaipiao_wire::keys::Keys;
use kaipiao_wire::payment::order_query::PaymentName;
use kaipiao_wire::payment::pay_request::PayRequest;
use kaipiao_wire::payment::pay_sign::sign;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A commit: its tables in order, and their owners.
type Recorded = (Vec<&'static str>, BTreeSet<String>);

/// A store that remembers what was committed.
struct Recording {
    store: SqliteStore,
    commits: Mutex<Vec<Recorded>>,
}

impl Recording {
    fn record(&self, commit: &Commit) {
        let saves = commit.saves.iter().map(|save| (save.key.kind.table(), save.key.owner.clone()));
        let pushes = commit.pushes.iter().map(|push| ("pushes", push.account.clone()));
        let jobs = commit.jobs.iter().map(|change| ("jobs", change.id().account.clone()));
        let mut parts: Vec<_> = saves.chain(pushes).chain(jobs).collect();
        parts.sort();
        let tables = parts.iter().map(|(table, _)| *table).collect();
        let owners = parts.into_iter().map(|(_, owner)| owner).collect();
        self.commits.lock().unwrap().push((tables, owners));
    }
}

#[async_trait]
impl Store for Recording {
    async fn read(&self, key: &Key, freshness: Freshness) -> Result<Option<Stored>, StoreError> {
        self.store.read(key, freshness).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError> {
        self.store.list(page).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.record(&commit);
        self.store.commit(commit).await
    }

    async fn index(&self, limit: usize) -> Result<usize, StoreError> {
        self.store.index(limit).await
    }

    async fn purge(&self, forgettable: &Forgettable, limit: usize) -> Result<usize, StoreError> {
        self.store.purge(forgettable, limit).await
    }
}

#[async_trait]
impl Claims for Recording {
    async fn due_turns(
        &self,
        queue: Queue,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Result<Vec<DueTurn>, StoreError> {
        self.store.due_turns(queue, due_by_ms, after, limit).await
    }

    async fn count_open(&self, queue: Queue, at_most: usize) -> Result<usize, StoreError> {
        self.store.count_open(queue, at_most).await
    }

    async fn renew(
        &self,
        tokens: &[ClaimToken],
        lapses_in: Duration,
    ) -> Result<Vec<ClaimToken>, StoreError> {
        self.store.renew(tokens, lapses_in).await
    }

    async fn release(&self, tokens: &[ClaimToken]) -> Result<(), StoreError> {
        self.store.release(tokens).await
    }
}

#[async_trait]
impl Outbox for Recording {
    async fn claim_pushes(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        self.store.claim_pushes(request).await
    }

    async fn complete_push(&self, report: PushReport) -> Result<Reported, CommitError> {
        // Its row and those of its ordering key lie in the account's bucket, which its number carries.
        self.commits.lock().unwrap().push((vec!["report"], [MERCHANT.to_owned()].into()));
        self.store.complete_push(report).await
    }

    async fn replay(&self, id: &PushId, now_ms: i64) -> Result<Replayed, CommitError> {
        self.store.replay(id, now_ms).await
    }

    async fn remove_pushes(&self, ids: &[PushId], now_ms: i64) -> Result<(), CommitError> {
        self.store.remove_pushes(ids, now_ms).await
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError> {
        self.store.pushes(query).await
    }
}

#[async_trait]
impl Jobs for Recording {
    async fn claim_jobs(
        &self,
        queue: Queue,
        request: &ClaimRequest<'_>,
    ) -> Result<Claimed<Job>, StoreError> {
        self.store.claim_jobs(queue, request).await
    }

    async fn fail_job(&self, failure: JobFailure) -> Result<Reported, StoreError> {
        self.store.fail_job(failure).await
    }

    async fn run_again(&self, number: i64, now_ms: i64) -> Result<Option<bool>, StoreError> {
        self.store.run_again(number, now_ms).await
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError> {
        self.store.jobs(query).await
    }
}

/// From the offer to the report of the second push.
async fn whole_order(app: &App, store: &Recording) {
    let user = UserId::parse(USER).unwrap();
    let link = demo_shop::new_order(app).await.unwrap();
    let (_, order_id) = link.split_once("&o1=").unwrap();
    let order_id = order_id.split('&').next().unwrap().to_owned();
    authorize_with_default_title(app, &link, &user).await.unwrap();
    let end = Instant::now() + PATIENCE;
    while !matches!(demo_shop::come_back(app, &user, &order_id).await.unwrap(), Progress::Issued(_))
    {
        pause(end).await;
    }
    let open = PushQuery {
        account: None,
        ordering_keys: Vec::new(),
        state: Some(StateFilter::Open),
        after: None,
        limit: 1,
    };
    while !store.pushes(&open).await.unwrap().is_empty() {
        pause(end).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a poll without a pause would load what is tested")]
async fn pause(end: Instant) {
    assert!(Instant::now() < end, "the order did not come to its end");
    tokio::time::sleep(PAUSE).await;
}

/// A sandbox over a store that remembers, whose issuer and dispatcher don't run.
async fn sandbox(data: &Path) -> (Arc<App>, Arc<Recording>) {
    let settings = load(data, "");
    let store = SqliteStore::open(&settings.data, Options::default()).unwrap();
    let store = Arc::new(Recording { store, commits: Mutex::default() });
    let clock = Arc::new(SystemClock::default());
    let keys = Keys::derive_sandbox(&[1; 32]);
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    let shared: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let domain_clock = Arc::<SystemClock>::clone(&clock);
    let (app, _faults) =
        compose::app(&settings, address, &OpenStore::unshared(shared), domain_clock, keys).unwrap();
    let app = Arc::new(app);
    compose::prepare(&app, &settings, clock).await.unwrap();
    (app, store)
}

/// The commits so far, each as its tables and the number of their owners.
fn committed(store: &Recording) -> Vec<String> {
    let mut commits = store.commits.lock().unwrap();
    let line = |(tables, owners): Recorded| format!("{} of {}", tables.join(", "), owners.len());
    commits.drain(..).map(line).collect()
}

#[tokio::test]
async fn a_whole_order_is_six_commits_and_one_of_them_touches_three_buckets() {
    let data = tempfile::tempdir().unwrap();
    let (app, store) = sandbox(data.path()).await;
    let issuing = tokio::spawn(issue::run(Arc::clone(&app), std::future::pending()));
    let pushing = tokio::spawn(dispatch::run(Arc::clone(&app), std::future::pending()));

    // The first one also sets the merchant's contact, and takes a block of numbers.
    whole_order(&app, &store).await;
    store.commits.lock().unwrap().clear();
    whole_order(&app, &store).await;
    issuing.abort();
    pushing.abort();

    let mut commits = committed(&store);
    // A push's report comes when it comes.
    let reports = commits.extract_if(.., |line| line == "report of 1").count();
    assert_eq!(reports, 2);
    let expected = [
        "orders of 1",
        "orders, pushes of 1",
        "invoice_contents, invoice_requests, jobs, orders of 1",
        "card_codes, cards, invoice_numbers, invoice_requests, jobs, messages, pushes, taken_numbers of 3",
    ];
    assert_eq!(commits, expected);
}

/// The sandbox's pay merchant, with a platform linked as the demo shop links it.
async fn pay_caller(app: &App) -> PayCaller {
    demo_payment::new_payment(app).await.unwrap();
    let parameters = [("mch_id", DEMO_MCHID), ("nonce_str", "5K8264")];
    let mchid = MchId::parse(DEMO_MCHID).unwrap();
    let pay_merchant = pay_merchants::find(app, &mchid).await.unwrap().unwrap();
    let key = pay_merchants::open_key(app, &pay_merchant).unwrap();
    let signature = sign(parameters.into_iter(), &key, SignType::Md5);
    let element = |(name, value)| format!("<{name}>{value}</{name}>");
    let parameters = parameters.into_iter().chain([("sign", signature.as_str())]);
    let body = format!("<xml>{}</xml>", parameters.map(element).collect::<String>());
    let request = PayRequest::read(body.as_bytes()).unwrap();
    pay_caller::authenticate(app, &request, PayKey::Own).await.unwrap()
}

/// What a shop asks for: a payment of 1 yuan that tells of itself and opens an entry.
fn with_receipt() -> PaymentRequest {
    PaymentRequest {
        notify_url: Some("http://127.0.0.1:9/notify".to_owned()),
        has_receipt: true,
        ..PaymentRequest::of(
            AppId::parse(MERCHANT).unwrap(),
            TradeType::Native,
            100,
            "tea".to_owned(),
        )
    }
}

#[tokio::test]
async fn paying_with_receipt_touches_three_buckets_and_its_full_refund_two() {
    let data = tempfile::tempdir().unwrap();
    let (app, store) = sandbox(data.path()).await;
    let caller = pay_caller(&app).await;
    store.commits.lock().unwrap().clear();

    let number = OutTradeNo::parse("order-1").unwrap();
    let payment = payments::place(&app, &caller, &number, &with_receipt()).await.unwrap();
    let prepay = payment.prepay.unwrap();
    paying::pay(&app, &prepay.id, &UserId::parse(USER).unwrap()).await.unwrap();
    for (refund, fen) in [("r-1", 40), ("r-2", 60)] {
        let asked = RefundRequest {
            out_refund_no: OutRefundNo::parse(refund).unwrap(),
            total_fee_fen: 100,
            refund_fee_fen: fen,
            reason: String::new(),
            notify_url: Some("http://127.0.0.1:9/notify".to_owned()),
        };
        let name = PaymentName::OutTradeNo(number.clone());
        refunds::make(&app, &caller, &name, &asked).await.unwrap();
    }

    let expected = [
        "payment_aliases, payments of 1",
        "messages, orders, payment_aliases, payments, pushes of 3",
        "payment_aliases, payments, pushes, refunds of 1",
        "orders, payment_aliases, payments, pushes, refunds of 2",
    ];
    assert_eq!(committed(&store), expected);
}
