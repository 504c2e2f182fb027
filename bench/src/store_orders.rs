//! Whole orders on a store alone: the commits, claims and reads of an order as tests/scaling.rs lists them, without
//! HTTP, issuing or receivers.

use crate::commits::BODY;
use crate::figures::Rounds;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::claims::{ClaimRequest, Queue, TurnKey};
use kaipiao_ports::delivery::jobs::{JobChange, JobId};
use kaipiao_ports::delivery::outbox::{Attempt, Destination, NewBody, NewPush, Next, PushReport};
use kaipiao_ports::record::{Body, Expect, Field, Index, Key, Kind, Save, Version};
use kaipiao_ports::store::{Commit, Freshness, Store};
use kaipiao_store_postgres::PostgresStore;
use kaipiao_store_sqlite::SqliteStore;
use kaipiao_testkit::postgres::Database;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const UNDER_WAY: usize = 64;
const ACCOUNTS: u64 = 90;
const NOW_MS: i64 = 1_793_000_000_000;

/// Measures, and prints.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("the process can start threads");
    let data = tempfile::tempdir().expect("a temporary directory");
    println!("{UNDER_WAY} orders under way, {ROUNDS} rounds of {} s", ROUND.as_secs());
    runtime.block_on(measure(data.path()));
}

/// SQLite and PostgreSQL take turns.
async fn measure(data: &Path) {
    let sqlite = SqliteStore::open(data, kaipiao_store_sqlite::Options::default());
    let sqlite: Arc<dyn Store> = Arc::new(sqlite.expect("the directory takes a store"));
    let database = Database::new().await;
    let postgres = PostgresStore::open(kaipiao_store_postgres::Options::new(database.url())).await;
    let postgres = Arc::new(postgres.expect("the server is there"));
    let shared: Arc<dyn Store> = Arc::clone(&postgres) as Arc<dyn Store>;
    let next = Arc::new(AtomicU64::new(0));
    let (mut of_sqlite, mut of_postgres) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        of_sqlite.push(per_s(&sqlite, &next).await);
        of_postgres.push(per_s(&shared, &next).await);
    }
    println!("              orders/s   least    most  to SQLite");
    for (name, rounds) in [("SQLite", &of_sqlite), ("PostgreSQL", &of_postgres)] {
        let ((least, most), median) = (rounds.spread(), rounds.median());
        let to_sqlite = median / of_sqlite.median();
        println!("{name:<12}  {median:8.0}  {least:6.0}  {most:6.0}  {to_sqlite:9.2}");
    }
    postgres.close().await;
}

/// Orders that came to their end per second.
async fn per_s(store: &Arc<dyn Store>, next: &Arc<AtomicU64>) -> f64 {
    let started = Instant::now();
    let end = started + ROUND;
    let clients: Vec<_> = (0..UNDER_WAY)
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(next));
            tokio::spawn(async move {
                let mut ended = 0_u32;
                while Instant::now() < end {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let order = Order {
                        store: &*store,
                        account: format!("wx6b61697069616f{}", 10 + n % ACCOUNTS),
                        id: format!("b-{}", 1_000_000_000_000 + n),
                    };
                    order.whole().await;
                    ended += 1;
                }
                ended
            })
        })
        .collect();
    let mut ended = 0;
    for client in clients {
        ended += client.await.expect("every commit was taken");
    }
    f64::from(ended) / started.elapsed().as_secs_f64()
}

struct Order<'a> {
    store: &'a dyn Store,
    account: String,
    id: String,
}

impl Order<'_> {
    async fn whole(&self) {
        self.commit(vec![self.save(Kind::Order, Expect::Absent)], Vec::new(), Vec::new()).await;

        let order = self.read(Kind::Order).await;
        let saves = vec![self.save(Kind::Order, Expect::Version(order))];
        self.commit(saves, vec![self.push()], Vec::new()).await;
        self.deliver().await;

        let order = self.read(Kind::Order).await;
        let saves = vec![
            self.save(Kind::Order, Expect::Version(order)),
            self.save(Kind::InvoiceRequest, Expect::Absent),
            self.save(Kind::InvoiceContent, Expect::Absent),
        ];
        let job = JobChange::Due { id: self.job(), due_ms: NOW_MS };
        self.commit(saves, Vec::new(), vec![job]).await;
        self.issue().await;
        self.deliver().await;
    }

    async fn issue(&self) {
        let turn = TurnKey { account: self.account.clone(), origin: String::new() };
        let claimed = self.store.claim_jobs(Queue::Issue, &claim(&turn)).await;
        claimed.expect("the store answers");
        let request = self.read(Kind::InvoiceRequest).await;
        self.read(Kind::InvoiceContent).await;
        let saves = vec![
            self.save(Kind::InvoiceRequest, Expect::Version(request)),
            self.save(Kind::InvoiceNumber, Expect::Absent),
            self.save(Kind::CardCode, Expect::Absent),
            self.save(Kind::Card, Expect::Absent),
            self.save(Kind::Message, Expect::Absent),
        ];
        self.commit(saves, vec![self.push()], vec![JobChange::Done(self.job())]).await;
    }

    /// Claims what is due of the account, others' too, and reports it.
    async fn deliver(&self) {
        let turn = TurnKey { account: self.account.clone(), origin: String::new() };
        let claimed = self.store.claim_pushes(&claim(&turn)).await.expect("the store answers");
        for claim in claimed.claims {
            let attempt = Attempt {
                started_ms: NOW_MS,
                took_ms: 1,
                status: Some(200),
                problem: String::new(),
                excerpt: "success".into(),
            };
            let next = Next::Complete { outcome: Outcome::Delivered, now_ms: NOW_MS };
            let report = PushReport { token: claim.token, attempt: Some(attempt), next };
            self.store.complete_push(report).await.expect("the store answers");
        }
    }

    async fn commit(&self, saves: Vec<Save>, pushes: Vec<NewPush>, jobs: Vec<JobChange>) {
        self.store.commit(Commit { saves, pushes, jobs }).await.expect("nobody else changes it");
    }

    fn key(&self, kind: Kind) -> Key {
        let owner = match kind {
            Kind::Card | Kind::Message => format!("user-{}", self.id),
            _ => self.account.clone(),
        };
        Key { kind, owner, id: self.id.clone() }
    }

    async fn read(&self, kind: Kind) -> Version {
        let stored = self.store.read(&self.key(kind), Freshness::Cached).await;
        stored.expect("the store answers").expect("it is there").version
    }

    fn save(&self, kind: Kind, expect: Expect) -> Save {
        let state = if expect == Expect::Absent { "new" } else { "changed" };
        let index = match kind.has_time() {
            true => Index {
                time_ms: NOW_MS,
                unused_since_ms: None,
                fields: vec![(Field::State, state.into())],
            },
            false => Index::default(),
        };
        Save { key: self.key(kind), expect, body: Some(Body::new(BODY)), index }
    }

    fn job(&self) -> JobId {
        JobId { queue: Queue::Issue, account: self.account.clone(), name: self.id.clone() }
    }

    fn push(&self) -> NewPush {
        NewPush {
            account: self.account.clone(),
            destination: Destination::Callback,
            kind: PushKind::Event,
            ordering_key: self.id.clone(),
            openid: format!("o-{}", self.id),
            event: "user_authorize_invoice",
            body: NewBody::Untimed { before: BODY.into(), after: "</xml>".into() },
            now_ms: NOW_MS,
        }
    }
}

fn claim(turn: &TurnKey) -> ClaimRequest<'_> {
    ClaimRequest {
        turn,
        due_by_ms: NOW_MS,
        lapses_in: Duration::from_secs(15),
        limit: 4,
        holder: "bench",
    }
}
