//! The writer thread: group commit.

use crate::change::{Change, Group, Numbers, Reply, execute};
use crate::config::{GroupHook, Options};
use crate::connection::{FileIdentity, open_writing};
use crate::memory::Memory;
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::metrics::CommitMetrics;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Changes that share one COMMIT at most: bounds how long the first of them waits.
const MAX_GROUP: usize = 512;
/// Pages that a purge gives back to the disk at once.
const VACUUM_PAGES: u32 = 256;

/// Failures one after the other that are each followed by a try at once: mostly the next one succeeds.
const TRIES_AT_ONCE: u32 = 3;
/// How long the writer waits before it opens the database again after failures that follow one another:
/// opening reads everything anew, which a full disk must not have done for each request.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

type Answer = Result<Reply, CommitError>;

/// The file that was opened.
pub(crate) struct DatabaseFile {
    pub(crate) path: PathBuf,
    pub(crate) identity: FileIdentity,
}

impl DatabaseFile {
    /// Refuses to write where nobody would find it again.
    fn check(&self) -> Result<(), GroupError> {
        match FileIdentity::of(&self.path) {
            Ok(identity) if identity == self.identity => Ok(()),
            _ => Err(GroupError::Gone),
        }
    }
}

/// Why a whole group was not committed.
#[derive(Debug, thiserror::Error)]
enum GroupError {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error(
        "the database was removed or replaced while the server ran, and nothing is written any more; stop the server and put the file back"
    )]
    Gone,
    #[error("the store failed a moment ago and is tried again soon: {0}")]
    Resting(String),
}

struct Waiting {
    change: Change,
    since: Instant,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writer thread. Dropping it lets the thread finish what is queued, and waits.
pub(crate) struct Writer {
    /// None: it was told to end.
    queue: RwLock<Option<SyncSender<Waiting>>>,
    metrics: CommitMetrics,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        file: DatabaseFile,
        memory: Arc<Memory>,
        options: Options,
        metrics: CommitMetrics,
    ) -> rusqlite::Result<Self> {
        let (sender, queue) = sync_channel(options.queue_capacity);
        let numbers = Numbers::load(&connection)?;
        let before_commit = options.before_commit;
        let open = Some((connection, numbers));
        let (group, failures, counts) = (0, None, metrics.clone());
        let state = State { open, file, memory, before_commit, group, failures, metrics: counts };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || state.run(&queue))
            .expect("the process can start one more thread");
        let (queue, thread) = (RwLock::new(Some(sender)), Mutex::new(Some(thread)));
        Ok(Self { queue, metrics, thread })
    }

    /// Queues a change and waits until its group is on disk.
    pub(crate) async fn change(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        // Before the writer can take it.
        self.metrics.queued.inc();
        let waiting = Waiting { change, since: Instant::now(), answer };
        let sent = match &*self.queue.read().unwrap_or_else(PoisonError::into_inner) {
            None => Err(gone()),
            Some(queue) => queue.try_send(waiting).map_err(|error| match error {
                TrySendError::Full(_) => CommitError::from(StoreError::Overloaded),
                TrySendError::Disconnected(_) => gone(),
            }),
        };
        sent.inspect_err(|_| self.metrics.queued.dec())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Writer {
    /// Takes no more changes, and waits until the thread has finished what is queued. Blocks.
    pub(crate) fn end(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the writer was logged where it happened; here it only means "stopped".
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

fn gone() -> CommitError {
    StoreError::Away("the writer has stopped".into()).into()
}

struct State {
    /// None after an error, until it could be opened again.
    open: Option<(Connection, Numbers)>,
    file: DatabaseFile,
    memory: Arc<Memory>,
    before_commit: Option<GroupHook>,
    group: u64,
    failures: Option<Failures>,
    metrics: CommitMetrics,
}

/// Groups that failed one after the other.
struct Failures {
    count: u32,
    last: String,
    pause: Duration,
    again_at: Instant,
    /// A group without a change of anybody's has succeeded since. The pauses go on from where they are
    /// until a change does: what is small may find room where others don't.
    has_room: bool,
}

impl State {
    fn run(mut self, queue: &Receiver<Waiting>) {
        loop {
            let first = match self.tries_by_itself_in() {
                Some(pause) => queue.recv_timeout(pause),
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let first = match first {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let group = first.into_iter().chain(queue.try_iter().take(MAX_GROUP - 1));
            let begins = Instant::now();
            let (changes, answers): (Vec<_>, Vec<_>) = group
                .map(|Waiting { change, since, answer }| {
                    self.metrics.wait.observe((begins - since).as_secs_f64());
                    (change, answer)
                })
                .unzip();
            self.metrics.queued.sub(i64::try_from(changes.len()).unwrap_or(i64::MAX));
            self.answer(&changes, answers);
            self.note_group(changes.len(), begins.elapsed());
        }
        if let Some((connection, _)) = &self.open {
            // A clean stop leaves one whole file, which can be copied.
            let checkpoint =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            if let Err(error) = checkpoint {
                tracing::warn!(%error, "the write-ahead log stays beside the database");
            }
        }
    }

    /// A group of nobody's is a try of the writer's own.
    fn note_group(&self, changes: usize, took: Duration) {
        if let Ok(changes @ 1..) = u32::try_from(changes) {
            self.metrics.group_size.observe(f64::from(changes));
            self.metrics.duration.observe(took.as_secs_f64());
        }
    }

    /// When the newest group failed, how long until an empty one is tried, if nobody asks before. It is a
    /// write like others: what was reserved of the numbers is lost with the connection, and reserved
    /// anew.
    fn tries_by_itself_in(&self) -> Option<Duration> {
        let failures = self.failures.as_ref().filter(|failures| !failures.has_room)?;
        let left = failures.again_at.saturating_duration_since(Instant::now());
        Some(if failures.pause.is_zero() { FIRST_PAUSE } else { left })
    }

    fn answer(&mut self, changes: &[Change], answers: Vec<oneshot::Sender<Answer>>) {
        self.group += 1;
        let replies = self.commit_group(changes).unwrap_or_else(|error| {
            let away = CommitError::from(StoreError::Away(error.to_string()));
            self.note_failure(&error, changes.len());
            changes.iter().map(|_| Err(away.clone())).collect()
        });
        for (answer, reply) in answers.into_iter().zip(replies) {
            if matches!(reply, Err(CommitError::Conflict(_))) {
                self.metrics.conflicts.inc();
            }
            // A waiter that has gone away (its client hung up) needs no answer.
            let _ = answer.send(reply);
        }
    }

    /// Memory may be behind the disk now, or ahead: it is read again before the answers. When it fails time
    /// and again, only after a pause.
    fn note_failure(&mut self, error: &GroupError, changes: usize) {
        if matches!(error, GroupError::Resting(_)) {
            return;
        }
        self.metrics.failures.inc();
        tracing::error!(%error, changes, path = %self.file.path.display(), "a group commit failed");
        let (count, pause) =
            self.failures.take().map_or((0, Duration::ZERO), |f| (f.count, f.pause));
        let (count, pause) = match count + 1 {
            count if count <= TRIES_AT_ONCE => (count, Duration::ZERO),
            count => (count, (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)),
        };
        let again_at = Instant::now() + pause;
        let last = error.to_string();
        self.failures = Some(Failures { count, last, pause, again_at, has_room: false });
        if pause.is_zero() {
            self.open = self.reopen().ok();
        }
    }

    fn note_success(&mut self, has_changed: bool) {
        match &mut self.failures {
            Some(failures) if !has_changed => failures.has_room = true,
            failures => *failures = None,
        }
    }

    /// One transaction for all; each change in its SAVEPOINT, so that one that conflicts takes
    /// nothing else with it.
    fn commit_group(&mut self, changes: &[Change]) -> Result<Vec<Answer>, GroupError> {
        if let Some(failures) = &self.failures
            && Instant::now() < failures.again_at
        {
            return Err(GroupError::Resting(failures.last.clone()));
        }
        self.file.check()?;
        let (connection, mut numbers) = match self.open.take() {
            Some(open) => open,
            None => self.reopen()?,
        };
        execute(&connection, "BEGIN IMMEDIATE")?;
        numbers.replenish(&connection)?;
        let mut group = Group::new(&connection, &self.memory, &mut numbers);
        let applied = changes.iter().map(|change| group.apply(change));
        let mut applied = applied.collect::<rusqlite::Result<Vec<_>>>()?;
        if let Some(hook) = &self.before_commit {
            hook(self.group)?;
        }
        execute(&connection, "COMMIT")?;
        self.note_success(
            changes
                .iter()
                .zip(&applied)
                .any(|(change, applied)| applied.is_ok() && !change.is_empty()),
        );
        let effects = applied.iter_mut().map(|applied| match applied {
            Ok(applied) => core::mem::take(&mut applied.effects),
            Err(_) => Vec::new(),
        });
        let due = self.memory.show(effects.collect());
        if changes.iter().any(|change| matches!(change, Change::Purge { .. })) {
            connection.pragma_update(None, "incremental_vacuum", VACUUM_PAGES)?;
        }
        self.open = Some((connection, numbers));
        let answers = applied.into_iter().zip(due);
        Ok(answers.map(|(applied, due)| applied.map(|applied| applied.reply(due))).collect())
    }

    fn reopen(&self) -> Result<(Connection, Numbers), GroupError> {
        self.file.check()?;
        let connection = open_writing(&self.file.path)?;
        self.memory.reload(&connection)?;
        let numbers = Numbers::load(&connection)?;
        Ok((connection, numbers))
    }
}
