//! Work that panics, and work whose report takes long.

use super::*;
use crate::app::Parts;
use crate::delivery::jobs;
use crate::settings::Settings;
use crate::signed::Keys;
use async_trait::async_trait;
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::{ClockChange, ClockCourse};
use kaipiao_domain::invoicing::content::Content as InvoiceContent;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_pdf_reader::{ChildReader, Program};
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId, JobQuery, JobState, Jobs};
use kaipiao_ports::delivery::sender::{Incoming, Outgoing, SendError, Sender};
use kaipiao_ports::entropy::OsEntropy;
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer};
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_ports::store::{Commit, Store};
use kaipiao_store_memory::MemoryStore;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A sender, issuer and renderer that nobody calls.
struct Unused;

#[async_trait]
impl Sender for Unused {
    async fn send(&self, _: Outgoing) -> Result<Incoming, SendError> {
        unreachable!()
    }

    async fn addresses(&self, _: &str, _: Duration) -> Result<Vec<std::net::IpAddr>, SendError> {
        unreachable!()
    }
}

#[async_trait]
impl Issuer for Unused {
    async fn issue(&self, _: &InvoiceRequest, _: &InvoiceContent, _: Timestamp) -> Issuance {
        unreachable!()
    }
}

impl Renderer for Unused {
    fn can_print(&self, _: char) -> bool {
        unreachable!()
    }

    fn category_of(&self, _: &str) -> Option<&str> {
        None
    }

    fn pdf(&self, _: &InvoiceRequest, _: &InvoiceContent, _: &IssuedInvoice) -> Vec<u8> {
        unreachable!()
    }

    fn picture(&self, _: &InvoiceRequest, _: &InvoiceContent, _: &IssuedInvoice) -> String {
        unreachable!()
    }
}

/// Panics at every job but the healthy one.
struct Panicking(Arc<App>);

const HEALTHY: &str = "healthy";
const PANICS: &str = "panics";

fn job(name: &str) -> JobId {
    JobId { queue: Queue::Issue, account: "wx1".to_owned(), name: name.to_owned() }
}

#[async_trait]
impl Work for Panicking {
    type Item = Job;
    const QUEUE: Queue = Queue::Issue;

    fn app(&self) -> &App {
        &self.0
    }

    fn name(job: &Job) -> String {
        job.id.name.clone()
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency { time_limit: Duration::from_secs(1), per_account: 1, at_once: 1 }
    }

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Job>, StoreError> {
        self.0.store.claim_jobs(Self::QUEUE, request).await
    }

    async fn work(&self, Claim { work: job, .. }: Claim<Job>, _: Place, _: &Hold) -> Ended {
        assert_eq!(job.id.name, HEALTHY, "a panic that the test wants");
        let done = Commit { jobs: vec![JobChange::Done(job.id)], ..Commit::default() };
        self.0.store.commit(done).await.unwrap();
        Ended::default()
    }

    async fn panicked(&self, Claim { work: job, token }: Claim<Job>) -> Ended {
        jobs::fail(&self.0, &job, token, "it panicked".to_owned()).await
    }
}

async fn all(store: &MemoryStore) -> Vec<Job> {
    store.jobs(&JobQuery { limit: 9, ..JobQuery::default() }).await.unwrap()
}

/// An app over a store in memory.
fn app_over(store: &Arc<MemoryStore>, clock: &Arc<SystemClock>) -> Arc<App> {
    let parts = Parts {
        store: Arc::<MemoryStore>::clone(store),
        clock: Arc::<SystemClock>::clone(clock),
        entropy: Arc::new(OsEntropy),
        sender: Arc::new(Unused),
        issuer: Arc::new(Unused),
        renderer: Arc::new(Unused),
        blobs: Arc::new(DirectoryBlobs::new("/nowhere")),
        request_log: None,
        documents: Arc::default(),
        pdf_reader: Arc::new(ChildReader::new(Program {
            path: "/nowhere".into(),
            arguments: Vec::new(),
        })),
        node: "test".to_owned(),
    };
    Arc::new(App::new(parts, Keys::derive(&[1; 32]), Settings::default()))
}

#[tokio::test]
async fn a_job_that_panics_is_set_aside_and_holds_up_no_other() {
    let (store, clock) = (Arc::new(MemoryStore::default()), Arc::new(SystemClock::default()));
    let app = app_over(&store, &clock);
    let due_ms = app.now().unix_millis();
    let jobs = [PANICS, HEALTHY].map(|name| JobChange::Due { id: job(name), due_ms });
    store.commit(Commit { jobs: jobs.to_vec(), ..Commit::default() }).await.unwrap();

    let worker = Worker::new(Panicking(Arc::clone(&app)));
    let working = tokio::spawn(worker.run(core::future::pending()));
    let (mut ahead, mut attempts) = (Duration::ZERO, 0);
    let set_aside = async {
        loop {
            let left = all(&store).await;
            let panics = left.iter().find(|job| job.id.name == PANICS).expect("it is never done");
            if left.len() == 1 && matches!(panics.state, JobState::Failed { .. }) {
                return panics.clone();
            }
            if panics.attempts > attempts {
                attempts = panics.attempts;
                ahead += Duration::from_secs(86_400);
                let ahead =
                    ClockChange { advance_s: Some(ahead.as_secs()), ..ClockChange::default() };
                clock.follow(ClockCourse::default().changed(ahead, clock.real_now()).unwrap());
                app.mailboxes.look();
            }
            tokio::task::yield_now().await;
        }
    };
    let panics = tokio::time::timeout(Duration::from_secs(10), set_aside).await.unwrap();
    assert_eq!((panics.attempts, &*panics.last_error), (9, "it panicked"));
    working.abort();
}

/// Gives its place back at once; its report waits until it may be made.
struct Reporting {
    app: Arc<App>,
    started: Arc<AtomicUsize>,
    may_report: Arc<Semaphore>,
}

#[async_trait]
impl Work for Reporting {
    type Item = Job;
    const QUEUE: Queue = Queue::Issue;

    fn app(&self) -> &App {
        &self.app
    }

    fn name(job: &Job) -> String {
        job.id.name.clone()
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency { time_limit: Duration::from_secs(1), per_account: 1, at_once: 1 }
    }

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Job>, StoreError> {
        self.app.store.claim_jobs(Self::QUEUE, request).await
    }

    async fn work(&self, Claim { work: job, .. }: Claim<Job>, place: Place, _: &Hold) -> Ended {
        self.started.fetch_add(1, Ordering::SeqCst);
        place.give_back(None);
        self.may_report.acquire().await.unwrap().forget();
        let done = Commit { jobs: vec![JobChange::Done(job.id)], ..Commit::default() };
        self.app.store.commit(done).await.unwrap();
        Ended::default()
    }

    async fn panicked(&self, _: Claim<Job>) -> Ended {
        unreachable!()
    }
}

#[tokio::test]
async fn a_report_holds_no_place_and_only_so_many_wait() {
    let (store, clock) = (Arc::new(MemoryStore::default()), Arc::new(SystemClock::default()));
    let app = app_over(&store, &clock);
    let due_ms = app.now().unix_millis();
    let names: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    let jobs = names.iter().map(|name| JobChange::Due { id: job(name), due_ms }).collect();
    store.commit(Commit { jobs, ..Commit::default() }).await.unwrap();

    let (started, may_report) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let work = Reporting {
        app: Arc::clone(&app),
        started: Arc::clone(&started),
        may_report: Arc::clone(&may_report),
    };
    let working = tokio::spawn(Worker::new(work).run(core::future::pending()));
    // On one thread: the worker has looked again when this is polled so many times.
    let settled = async || {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        started.load(Ordering::SeqCst)
    };
    assert_eq!(settled().await, REPORTS_PER_PLACE, "with one place and no report made");
    may_report.add_permits(1);
    assert_eq!(settled().await, REPORTS_PER_PLACE + 1);
    may_report.add_permits(10);
    assert_eq!(settled().await, 10);
    assert_eq!(all(&store).await, []);
    working.abort();
}

/// Works on one piece for ever, and waits for the store where it wants to claim the next.
struct Waiting {
    app: Arc<App>,
    claimed: AtomicUsize,
}

/// How long the claim lasts that a renewal must prolong.
const SHORT: Duration = Duration::from_millis(300);

#[async_trait]
impl Work for Waiting {
    type Item = Job;
    const QUEUE: Queue = Queue::Issue;

    fn app(&self) -> &App {
        &self.app
    }

    fn name(job: &Job) -> String {
        job.id.name.clone()
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency { time_limit: Duration::from_secs(1), per_account: 2, at_once: 2 }
    }

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Job>, StoreError> {
        if self.claimed.fetch_add(1, Ordering::SeqCst) > 0 {
            core::future::pending::<()>().await;
        }
        let request = ClaimRequest { limit: 1, lapses_in: SHORT, ..*request };
        self.app.store.claim_jobs(Self::QUEUE, &request).await
    }

    async fn work(&self, _: Claim<Job>, _: Place, _: &Hold) -> Ended {
        core::future::pending().await
    }

    async fn panicked(&self, _: Claim<Job>) -> Ended {
        unreachable!()
    }
}

#[tokio::test]
async fn claims_are_renewed_while_the_worker_waits_for_the_store() {
    let (store, clock) = (Arc::new(MemoryStore::default()), Arc::new(SystemClock::default()));
    let app = app_over(&store, &clock);
    let due_ms = app.now().unix_millis();
    let jobs = ["1", "2"].map(|name| JobChange::Due { id: job(name), due_ms });
    store.commit(Commit { jobs: jobs.to_vec(), ..Commit::default() }).await.unwrap();
    let work = Waiting { app: Arc::clone(&app), claimed: AtomicUsize::new(0) };
    let mut worker = Worker::new(work);
    worker.renew_every = SHORT / 10;
    let work = Arc::clone(&worker.work);
    let working = tokio::spawn(worker.run(core::future::pending()));
    let started = Instant::now();
    while started.elapsed() < SHORT * 2 || work.claimed.load(Ordering::SeqCst) < 2 {
        assert!(started.elapsed() < SHORT * 100, "the worker claims");
        pause().await;
    }
    let turn = TurnKey { account: "wx1".to_owned(), origin: String::new() };
    let everything = ClaimRequest {
        turn: &turn,
        due_by_ms: due_ms,
        lapses_in: LAPSE,
        limit: 9,
        holder: "other",
    };
    let others = store.claim_jobs(Queue::Issue, &everything).await.unwrap().claims;
    assert_eq!(others.len(), 1, "the one that nobody works on: {others:?}");
    working.abort();
}

#[tokio::test]
async fn a_worker_whose_renewals_have_panicked_ends_though_work_is_under_way() {
    let (store, clock) = (Arc::new(MemoryStore::default()), Arc::new(SystemClock::default()));
    let app = app_over(&store, &clock);
    let due_ms = app.now().unix_millis();
    let due = ["1", "2"].map(|name| JobChange::Due { id: job(name), due_ms });
    store.commit(Commit { jobs: due.to_vec(), ..Commit::default() }).await.unwrap();
    let worker = Worker::new(Waiting { app, claimed: AtomicUsize::new(0) });
    let work = Arc::clone(&worker.work);
    let mut renewing = JoinSet::new();
    renewing.spawn(async move {
        // It works on the first, and waits for the second.
        while work.claimed.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        panic!("a panic that the test wants");
    });
    let running = worker.run_beside(renewing, core::future::pending());
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it ends");
}
