//! The context of every use case.

use crate::access::login_attempts::LoginAttempts;
use crate::access::passwords::Passwords;
use crate::changes::Changes;
use crate::delivery::checks_under_way::ChecksUnderWay;
use crate::delivery::mailbox::Mailboxes;
use crate::delivery::push_faults::PushFaults;
use crate::failure::Failure;
use crate::fair_turns::FairTurns;
use crate::faults::Faults;
use crate::invoicing::document_cache::{DocumentCache, DocumentMemory};
use crate::invoicing::document_places::DocumentPlaces;
use crate::invoicing::told_codes::ToldCodes;
use crate::life::{Life, Stage};
use crate::metrics::Metrics;
use crate::metrics::history::Event;
use crate::people::title_picks::TitlePicks;
use crate::rids::Rids;
use crate::settings::Settings;
use crate::signed::Keys;
use kaipiao_domain::Timestamp;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::sender::Sender;
use kaipiao_ports::entropy::{Entropy, PieceOfWork, random};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::platform::pdf_reader::PdfReader;
use kaipiao_ports::request_log::RequestLog;
use kaipiao_ports::store::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Notify};

tokio::task_local! {
    /// Of the piece of work that the task does.
    static OWN_ENTROPY: Arc<dyn Entropy>;
}

/// Adapters of the ports, as the composition root chose them.
pub struct Parts {
    /// Keeps records, pushes and jobs.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Sends pushes.
    pub sender: Arc<dyn Sender>,
    /// Issues invoices.
    pub issuer: Arc<dyn Issuer>,
    /// Draws invoices.
    pub renderer: Arc<dyn Renderer>,
    /// Keeps the files that platforms upload, and those that invoices bring from outside.
    pub blobs: Arc<dyn Blobs>,
    /// Reads uploaded PDFs.
    pub pdf_reader: Arc<dyn PdfReader>,
    /// Keeps documents that are asked for again.
    pub documents: Arc<DocumentMemory>,
    /// Keeps what was asked and answered; None: nothing does.
    pub request_log: Option<Arc<dyn RequestLog>>,
    /// This process among those that share the store.
    pub node: String,
}

/// Locks that token calls share: those of one account go one by one, since all of them change the
/// same record.
const TOKEN_LOCKS: usize = 64;

/// PDFs that are read at once, each by a process of its own.
const PDFS_AT_ONCE: usize = 4;
/// PDFs that wait to be read at most, of all accounts.
const MOST_WAITING_PDFS: usize = 64;

/// What a look at the store has found.
pub(crate) struct Look {
    pub(crate) ended_at: Instant,
    pub(crate) found: Result<(), Failure>,
}

/// The state that use cases share.
pub struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sender: Arc<dyn Sender>,
    pub(crate) issuer: Arc<dyn Issuer>,
    pub(crate) renderer: Arc<dyn Renderer>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) pdf_reader: Arc<dyn PdfReader>,
    pub(crate) request_log: Option<Arc<dyn RequestLog>>,
    /// The ids of requests.
    pub(crate) rids: Rids,
    /// Who has a PDF read, and who waits for that.
    pub(crate) pdf_turns: Arc<FairTurns>,
    pub(crate) documents: Arc<DocumentCache>,
    /// One for each invoice whose documents are fetched.
    pub(crate) document_places: DocumentPlaces,
    pub(crate) told_codes: ToldCodes,
    pub(crate) keys: Keys,
    pub(crate) settings: Settings,
    pub(crate) token_locks: Vec<Mutex<()>>,
    pub(crate) login_attempts: LoginAttempts,
    pub(crate) passwords: Passwords,
    pub(crate) mailboxes: Mailboxes,
    metrics: Metrics,
    life: Life,
    pub(crate) title_picks: TitlePicks,
    pub(crate) callback_checks: ChecksUnderWay,
    /// The newest look at the store's health; held by whoever looks.
    pub(crate) health: Mutex<Option<Look>>,
    /// The sandbox's clock was moved.
    pub(crate) clock_moved: Notify,
    /// Only in the sandbox: what happens to pushes on their way.
    pub(crate) push_faults: Option<PushFaults>,
    /// Only in the sandbox: whoever waits for something to happen.
    pub(crate) changes: Option<Changes>,
    node: String,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts, keys: Keys, settings: Settings) -> Self {
        let Parts { store, clock, entropy, sender, issuer, renderer, blobs, .. } = parts;
        let Parts { pdf_reader, documents, request_log, node, .. } = parts;
        let pdf_turns = Arc::new(FairTurns::new(PDFS_AT_ONCE, MOST_WAITING_PDFS));
        let documents = Arc::new(DocumentCache::new(documents));
        let metrics = Metrics::new(clock.real_now());
        metrics.register_all(store.collectors());
        pdf_turns.register(&metrics, "kaipiao_pdf_readers", "Uploaded PDFs that are read");
        documents.register(&metrics);
        if let Some(log) = &request_log {
            metrics.register_request_log(log);
        }
        Self {
            store,
            sender,
            issuer,
            renderer,
            blobs,
            pdf_reader,
            request_log,
            rids: Rids::new(random(&*entropy)),
            pdf_turns,
            documents,
            document_places: DocumentPlaces::new(),
            told_codes: ToldCodes::default(),
            keys,
            settings,
            token_locks: (0..TOKEN_LOCKS).map(|_| Mutex::default()).collect(),
            login_attempts: LoginAttempts::default(),
            passwords: Passwords::default(),
            mailboxes: Mailboxes::default(),
            metrics,
            life: Life::default(),
            title_picks: TitlePicks::default(),
            callback_checks: ChecksUnderWay::default(),
            health: Mutex::default(),
            clock_moved: Notify::new(),
            push_faults: None,
            changes: None,
            node,
            clock,
            entropy,
        }
    }

    /// A sandbox's: these faults are played on its pushes, and what happens can be waited for.
    #[must_use]
    pub fn in_sandbox(self, faults: Arc<Faults>) -> Self {
        let push_faults = Some(PushFaults::new(faults));
        Self { push_faults, changes: Some(Changes::default()), ..self }
    }

    /// The moment that counts as now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The real moment, for sessions and logins.
    pub fn real_now(&self) -> Timestamp {
        self.clock.real_now()
    }

    /// How long it really takes until this moment is now; None: the clock never gets there as it goes.
    pub(crate) fn real_until(&self, moment: Timestamp) -> Option<Duration> {
        self.clock.real_until(moment)
    }

    /// What an operator watches.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How far this server is in its life.
    pub fn life(&self) -> &Life {
        &self.life
    }

    /// The end has begun; whoever waits in the sandbox waits no longer.
    pub fn stops(&self) {
        self.life.stops();
        self.tell_change();
    }

    /// Tells whoever waits in the sandbox that something is different.
    pub(crate) fn tell_change(&self) {
        if let Some(changes) = &self.changes {
            changes.tell();
        }
    }

    /// Resolves when something is different from now on; never in production.
    pub(crate) fn next_change(&self) -> impl Future<Output = ()> + '_ {
        let told = self.changes.as_ref().map(Changes::next);
        async move {
            match told {
                Some(told) => told.await,
                None => core::future::pending().await,
            }
        }
    }

    /// Resolves in the sandbox when the end has begun; never in production.
    pub async fn stopping(&self) {
        loop {
            let told = self.next_change();
            if self.life.stage() == Stage::Stopping {
                return;
            }
            told.await;
        }
    }

    /// Counts what has happened, and is on disk.
    pub(crate) fn note(&self, event: Event) {
        self.metrics.note(self.real_now(), event);
    }

    /// This process among those that share the store.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// Fresh random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.own_random().unwrap_or_else(|| random(&*self.entropy))
    }

    /// Whether all randomness follows from a seed, so that whole bodies are compared.
    pub(crate) fn is_seeded(&self) -> bool {
        self.entropy.is_seeded()
    }

    /// Those of a piece of work that has randomness of its own.
    pub(crate) fn own_random<const N: usize>(&self) -> Option<[u8; N]> {
        OWN_ENTROPY.try_with(|own| random(&**own)).ok()
    }

    /// Does a piece of work with randomness of its own, where it follows from a seed.
    pub async fn drawing<T>(&self, work: PieceOfWork<'_>, future: impl Future<Output = T>) -> T {
        match self.entropy.of(work) {
            None => future.await,
            Some(own) => OWN_ENTROPY.scope(own, future).await,
        }
    }
}
