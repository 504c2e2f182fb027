//! The writer thread: group commit, and the hand-out of leases between two groups.

use crate::delivery::schedule::{Queued, Schedule, Taken};
use crate::delivery::{job_sql, push_sql};
use crate::resident::Resident;
use crate::{Options, open_writing, sql};
use kaipiao_ports::delivery::jobs::{Job, JobId};
use kaipiao_ports::delivery::outbox::{Changed, LeaseAsk, Push, PushId, Report};
use kaipiao_ports::store::{Commit, CommitError, Key, ReadError, Stored};
use rusqlite::{Connection, ErrorCode};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Called with the group's number (from 1) before its COMMIT; an error makes the group fail.
pub type GroupHook = Arc<dyn Fn(u64) -> Result<(), rusqlite::Error> + Send + Sync>;

/// So many changes at most share one COMMIT: bounds how long the first of them waits.
const MAX_GROUP: usize = 512;

type Answer = Result<Changed, CommitError>;

/// One value to commit.
pub(crate) enum Change {
    /// Records, and the pushes that tell of them.
    Commit(Commit),
    /// An attempt at a push.
    Settle(Report),
    /// A push by hand.
    Replay {
        /// Which.
        id: PushId,
        /// The domain's now, in milliseconds.
        now_ms: i64,
    },
}

enum Waiting {
    Change { change: Change, answer: oneshot::Sender<Answer> },
    Lease { ask: LeaseAsk, answer: LeaseAnswer<Push> },
    LeaseJobs { ask: LeaseAsk, answer: LeaseAnswer<Job> },
}

type LeaseAnswer<Item> = oneshot::Sender<Result<Taken<Item>, ReadError>>;

/// What the writer changes in memory after each COMMIT, and others read.
pub(crate) struct Shared {
    pub(crate) resident: Arc<Resident>,
    pub(crate) pushes: Arc<Mutex<Schedule<Push>>>,
    /// Only the writer looks at it, between two groups.
    pub(crate) jobs: Mutex<Schedule<Job>>,
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The way to the writer thread. Dropping it lets the thread finish what is queued, and waits.
pub(crate) struct Writer {
    queue: Option<SyncSender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        path: PathBuf,
        shared: Shared,
        options: Options,
    ) -> Self {
        let (sender, queue) = sync_channel(options.queue_capacity);
        let before_commit = options.before_commit;
        let state = State { connection: Some(connection), path, shared, before_commit, group: 0 };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || state.run(&queue))
            .expect("the process can start one more thread");
        Self { queue: Some(sender), thread: Some(thread) }
    }

    /// Queues a change and waits until its group is on disk.
    pub(crate) async fn change(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.send(Waiting::Change { change, answer })?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Takes pushes that are due.
    pub(crate) async fn lease(&self, ask: LeaseAsk) -> Result<Taken<Push>, ReadError> {
        self.take(|answer| Waiting::Lease { ask, answer }).await
    }

    /// Takes jobs that are due.
    pub(crate) async fn lease_jobs(&self, ask: LeaseAsk) -> Result<Taken<Job>, ReadError> {
        self.take(|answer| Waiting::LeaseJobs { ask, answer }).await
    }

    async fn take<Item>(
        &self,
        waiting: impl FnOnce(LeaseAnswer<Item>) -> Waiting,
    ) -> Result<Taken<Item>, ReadError> {
        let (answer, answered) = oneshot::channel();
        let unavailable = |error: CommitError| ReadError::Unavailable(error.to_string());
        self.send(waiting(answer)).map_err(unavailable)?;
        answered.await.unwrap_or_else(|_| Err(unavailable(gone())))
    }

    fn send(&self, waiting: Waiting) -> Result<(), CommitError> {
        let queue = self.queue.as_ref().expect("only drop takes the queue");
        queue.try_send(waiting).map_err(|error| match error {
            TrySendError::Full(_) => CommitError::Overloaded,
            TrySendError::Disconnected(_) => gone(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was logged where it happened; here it only means "stopped".
            let _ = thread.join();
        }
    }
}

fn gone() -> CommitError {
    CommitError::Unavailable("the writer has stopped".into())
}

struct State {
    /// None after an error, until it could be opened again.
    connection: Option<Connection>,
    path: PathBuf,
    shared: Shared,
    before_commit: Option<GroupHook>,
    group: u64,
}

/// What a group changes in memory once it is on disk.
#[derive(Default)]
struct Effects {
    /// Resident records; None: removed.
    resident: Vec<(Key, Option<Stored>)>,
    /// Accounts whose pushes changed.
    touched: Vec<String>,
    /// Leases that have ended, and whether their attempt failed; None: there was none.
    released: Vec<(PushId, Option<bool>)>,
    /// Jobs that changed: whoever held one has let go of it.
    jobs: Vec<JobId>,
}

impl Effects {
    /// Adds what one change of the group does.
    fn append(&mut self, mut one: Self) {
        self.resident.append(&mut one.resident);
        self.touched.append(&mut one.touched);
        self.released.append(&mut one.released);
        self.jobs.append(&mut one.jobs);
    }

    /// Changes the memory that others read.
    fn take_effect(self, shared: &Shared) {
        shared.resident.take_in(self.resident);
        let mut pushes = locked(&shared.pushes);
        for (id, failed) in &self.released {
            pushes.leases.remove(id);
            if let Some(failed) = *failed {
                pushes.leases.note(&id.account, failed);
            }
        }
        self.touched.iter().for_each(|account| pushes.touch(account));
        drop(pushes);
        let mut jobs = locked(&shared.jobs);
        for id in &self.jobs {
            jobs.leases.remove(id);
            jobs.touch(&id.account);
        }
    }
}

impl State {
    fn run(mut self, queue: &Receiver<Waiting>) {
        while let Ok(first) = queue.recv() {
            let group = std::iter::once(first).chain(queue.try_iter().take(MAX_GROUP - 1));
            let (mut changes, mut leases, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
            for waiting in group {
                match waiting {
                    Waiting::Change { change, answer } => changes.push((change, answer)),
                    Waiting::Lease { ask, answer } => leases.push((ask, answer)),
                    Waiting::LeaseJobs { ask, answer } => jobs.push((ask, answer)),
                }
            }
            if !changes.is_empty() {
                self.answer_changes(changes);
            }
            // After the COMMIT: what could still vanish is never handed out.
            for (ask, answer) in leases {
                let leased = self.lease(&ask, |shared| &shared.pushes);
                let _ = answer.send(leased);
            }
            for (ask, answer) in jobs {
                let leased = self.lease(&ask, |shared| &shared.jobs);
                let _ = answer.send(leased);
            }
        }
    }

    fn answer_changes(&mut self, group: Vec<(Change, oneshot::Sender<Answer>)>) {
        let (changes, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        self.group += 1;
        let results = self.commit_group(&changes).unwrap_or_else(|error| {
            tracing::error!(%error, changes = changes.len(), "a group commit failed");
            // Memory may be behind the disk now, or ahead: it is read again before the answers.
            self.connection = self.reopen().ok();
            let unavailable = CommitError::Unavailable(error.to_string());
            vec![Err(unavailable); changes.len()]
        });
        for (answer, result) in answers.into_iter().zip(results) {
            // A waiter that has gone away (its client hung up) needs no answer.
            let _ = answer.send(result);
        }
    }

    fn lease<Item: Queued>(
        &mut self,
        ask: &LeaseAsk,
        schedule: impl Fn(&Shared) -> &Mutex<Schedule<Item>>,
    ) -> Result<Taken<Item>, ReadError> {
        let unavailable = |error: rusqlite::Error| ReadError::Unavailable(error.to_string());
        if self.connection.is_none() {
            self.connection = Some(self.reopen().map_err(unavailable)?);
        }
        let connection = self.connection.as_ref().expect("it was opened above");
        let leases = locked(schedule(&self.shared)).lease(connection, ask);
        if leases.is_err() {
            // A connection that cannot read is of no use to the next group either.
            self.connection = None;
        }
        leases.map_err(unavailable)
    }

    /// One transaction for all; each change in its SAVEPOINT, so that one that conflicts takes
    /// nothing else with it.
    fn commit_group(&mut self, changes: &[Change]) -> rusqlite::Result<Vec<Answer>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        let mut effects = Effects::default();
        let mut answers = Vec::with_capacity(changes.len());
        execute(&connection, "BEGIN IMMEDIATE")?;
        for change in changes {
            answers.push(self.apply(&connection, change, &mut effects)?);
        }
        if let Some(hook) = &self.before_commit {
            hook(self.group)?;
        }
        execute(&connection, "COMMIT")?;
        effects.take_effect(&self.shared);
        self.connection = Some(connection);
        Ok(answers)
    }

    fn reopen(&self) -> rusqlite::Result<Connection> {
        let connection = open_writing(&self.path)?;
        self.shared.resident.reload(&connection)?;
        locked(&self.shared.pushes).reload(&connection)?;
        locked(&self.shared.jobs).reload(&connection)?;
        Ok(connection)
    }

    /// Applies one change, whole or not at all. An error of the disk fails the group (Err); an
    /// error of this change alone, such as a body that is too large, answers only this change.
    fn apply(
        &self,
        connection: &Connection,
        change: &Change,
        effects: &mut Effects,
    ) -> rusqlite::Result<Answer> {
        // One statement is all or nothing by itself; most commits are one save.
        let is_one_statement = matches!(
            change,
            Change::Commit(commit) if commit.saves.len() == 1
                && commit.pushes.is_empty()
                && commit.jobs.is_empty()
        );
        if !is_one_statement {
            execute(connection, "SAVEPOINT one")?;
        }
        let mut own = Effects::default();
        let done = match change {
            Change::Commit(commit) => save_all(connection, commit, &mut own),
            Change::Settle(report) => self.settle(connection, report, effects, &mut own),
            Change::Replay { id, now_ms } => replay(connection, id, *now_ms, &mut own),
        };
        let answer = match done {
            Ok(answer) => answer,
            Err(error) if is_of_the_disk(&error) => return Err(error),
            Err(error) => Err(CommitError::Unavailable(error.to_string())),
        };
        if answer.is_ok() {
            effects.append(own);
        } else if !is_one_statement {
            execute(connection, "ROLLBACK TO one")?;
        }
        if !is_one_statement {
            execute(connection, "RELEASE one")?;
        }
        Ok(answer)
    }

    /// A report counts while its lease holds, and once.
    fn settle(
        &self,
        connection: &Connection,
        report: &Report,
        group: &Effects,
        own: &mut Effects,
    ) -> rusqlite::Result<Answer> {
        let is_held = locked(&self.shared.pushes).leases.holds(&report.id, report.token);
        if !is_held || group.released.iter().any(|(id, _)| *id == report.id) {
            return Ok(Ok(Changed::No));
        }
        if !push_sql::settle(connection, report)? {
            return Ok(Ok(Changed::NoSuchPush));
        }
        let failed = report.attempt.as_ref().map(|_| report.next.is_a_failure());
        own.released.push((report.id.clone(), failed));
        own.touched.push(report.id.account.clone());
        Ok(Ok(Changed::Yes))
    }
}

fn save_all(
    connection: &Connection,
    commit: &Commit,
    own: &mut Effects,
) -> rusqlite::Result<Answer> {
    for save in &commit.saves {
        let Some(version) = sql::save(connection, save)? else {
            return Ok(Err(CommitError::Conflict(save.key.clone())));
        };
        if save.key.kind.is_resident() {
            let key = save.key.clone();
            let stored = save.body.as_deref().map(|body| Stored {
                key: key.clone(),
                version,
                body: body.into(),
            });
            own.resident.push((key, stored));
        }
    }
    for push in &commit.pushes {
        push_sql::add(connection, push)?;
        own.touched.push(push.account.clone());
    }
    for change in &commit.jobs {
        job_sql::change(connection, change)?;
        own.jobs.push(change.id().clone());
    }
    Ok(Ok(Changed::Yes))
}

fn replay(
    connection: &Connection,
    id: &PushId,
    now_ms: i64,
    own: &mut Effects,
) -> rusqlite::Result<Answer> {
    Ok(Ok(match push_sql::replay(connection, id, now_ms)? {
        None => Changed::NoSuchPush,
        Some(false) => Changed::No,
        Some(true) => {
            own.touched.push(id.account.clone());
            Changed::Yes
        }
    }))
}

fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
    )
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}
