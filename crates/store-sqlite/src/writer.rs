//! The writer thread: group commit.

use crate::resident::Resident;
use crate::{Options, open_writing, sql};
use kaipiao_seams::store::{Commit, CommitError, Stored};
use rusqlite::{Connection, ErrorCode};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Called with the group's number (from 1) before its COMMIT; an error makes the group fail.
pub type GroupHook = Arc<dyn Fn(u64) -> Result<(), rusqlite::Error> + Send + Sync>;

/// So many commits at most share one COMMIT: bounds how long the first of them waits.
const MAX_GROUP: usize = 512;

type Answer = Result<(), CommitError>;

struct Waiting {
    commit: Commit,
    answer: oneshot::Sender<Answer>,
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
        resident: Arc<Resident>,
        options: Options,
    ) -> Self {
        let (sender, queue) = sync_channel(options.queue_capacity);
        let state = State {
            connection: Some(connection),
            path,
            resident,
            before_commit: options.before_commit,
            group: 0,
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || state.run(&queue))
            .expect("the process can start one more thread");
        Self { queue: Some(sender), thread: Some(thread) }
    }

    /// Queues a commit and waits until its group is on disk.
    pub(crate) async fn commit(&self, commit: Commit) -> Answer {
        let queue = self.queue.as_ref().expect("only drop takes the queue");
        let (answer, answered) = oneshot::channel();
        match queue.try_send(Waiting { commit, answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(CommitError::Overloaded),
            Err(TrySendError::Disconnected(_)) => return Err(gone()),
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
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
    resident: Arc<Resident>,
    before_commit: Option<GroupHook>,
    group: u64,
}

impl State {
    fn run(mut self, queue: &Receiver<Waiting>) {
        while let Ok(first) = queue.recv() {
            let mut group = vec![first];
            group.extend(queue.try_iter().take(MAX_GROUP - 1));
            self.group += 1;
            let (commits, answers): (Vec<_>, Vec<_>) =
                group.into_iter().map(|waiting| (waiting.commit, waiting.answer)).unzip();
            let results = self.commit_group(&commits).unwrap_or_else(|error| {
                tracing::error!(%error, commits = commits.len(), "a group commit failed");
                self.connection = None;
                let unavailable = CommitError::Unavailable(error.to_string());
                vec![Err(unavailable); commits.len()]
            });
            for (answer, result) in answers.into_iter().zip(results) {
                // A waiter that has gone away (its client hung up) needs no answer.
                let _ = answer.send(result);
            }
        }
    }

    /// One transaction for all; each commit in its SAVEPOINT, so that one that conflicts takes
    /// nothing else with it.
    fn commit_group(&mut self, commits: &[Commit]) -> rusqlite::Result<Vec<Answer>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        let mut changes = Vec::new();
        let mut answers = Vec::with_capacity(commits.len());
        execute(&connection, "BEGIN IMMEDIATE")?;
        for commit in commits {
            answers.push(apply(&connection, commit, &mut changes)?);
        }
        if let Some(hook) = &self.before_commit {
            hook(self.group)?;
        }
        execute(&connection, "COMMIT")?;
        self.resident.take_in(changes);
        self.connection = Some(connection);
        Ok(answers)
    }

    fn reopen(&self) -> rusqlite::Result<Connection> {
        let connection = open_writing(&self.path)?;
        self.resident.reload(&connection)?;
        Ok(connection)
    }
}

/// Applies one commit inside its savepoint. An error of the disk fails the group (Err); an error
/// of this commit alone, such as a body that is too large, answers only this commit.
fn apply(
    connection: &Connection,
    commit: &Commit,
    changes: &mut Vec<Stored>,
) -> rusqlite::Result<Answer> {
    execute(connection, "SAVEPOINT one")?;
    let before = changes.len();
    let answer = match save_all(connection, commit, changes) {
        Ok(answer) => answer,
        Err(error) if is_of_the_disk(&error) => return Err(error),
        Err(error) => Err(CommitError::Unavailable(error.to_string())),
    };
    if answer.is_err() {
        changes.truncate(before);
        execute(connection, "ROLLBACK TO one")?;
    }
    execute(connection, "RELEASE one")?;
    Ok(answer)
}

fn save_all(
    connection: &Connection,
    commit: &Commit,
    changes: &mut Vec<Stored>,
) -> rusqlite::Result<Answer> {
    for save in &commit.saves {
        let Some(version) = sql::save(connection, save)? else {
            return Ok(Err(CommitError::Conflict(save.key.clone())));
        };
        if save.key.kind.is_resident() {
            changes.push(Stored {
                key: save.key.clone(),
                version,
                body: save.body.as_str().into(),
            });
        }
    }
    Ok(Ok(()))
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
