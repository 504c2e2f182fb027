//! The writer thread: group commit.

use crate::change::{Change, Group, Numbers, Reply, execute};
use crate::config::{GroupHook, Options};
use crate::connection::open_writing;
use crate::memory::Memory;
use kaipiao_ports::errors::{CommitError, StoreError};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Changes that share one COMMIT at most: bounds how long the first of them waits.
const MAX_GROUP: usize = 512;
/// Pages that a purge gives back to the disk at once.
const VACUUM_PAGES: u32 = 256;

type Answer = Result<Reply, CommitError>;

struct Waiting {
    change: Change,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writer thread. Dropping it lets the thread finish what is queued, and waits.
pub(crate) struct Writer {
    queue: Option<SyncSender<Waiting>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        connection: Connection,
        path: PathBuf,
        memory: Arc<Memory>,
        options: Options,
    ) -> rusqlite::Result<Self> {
        let (sender, queue) = sync_channel(options.queue_capacity);
        let numbers = Numbers::load(&connection)?;
        let before_commit = options.before_commit;
        let open = Some((connection, numbers));
        let state = State { open, path, memory, before_commit, group: 0 };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || state.run(&queue))
            .expect("the process can start one more thread");
        Ok(Self { queue: Some(sender), thread: Some(thread) })
    }

    /// Queues a change and waits until its group is on disk.
    pub(crate) async fn change(&self, change: Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().expect("only drop takes the queue");
        queue.try_send(Waiting { change, answer }).map_err(|error| match error {
            TrySendError::Full(_) => CommitError::from(StoreError::Overloaded),
            TrySendError::Disconnected(_) => gone(),
        })?;
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
    StoreError::Away("the writer has stopped".into()).into()
}

struct State {
    /// None after an error, until it could be opened again.
    open: Option<(Connection, Numbers)>,
    path: PathBuf,
    memory: Arc<Memory>,
    before_commit: Option<GroupHook>,
    group: u64,
}

impl State {
    fn run(mut self, queue: &Receiver<Waiting>) {
        while let Ok(first) = queue.recv() {
            let group = std::iter::once(first).chain(queue.try_iter().take(MAX_GROUP - 1));
            let (changes, answers): (Vec<_>, Vec<_>) =
                group.map(|waiting| (waiting.change, waiting.answer)).unzip();
            self.answer(&changes, answers);
        }
    }

    fn answer(&mut self, changes: &[Change], answers: Vec<oneshot::Sender<Answer>>) {
        self.group += 1;
        let replies = self.commit_group(changes).unwrap_or_else(|error| {
            tracing::error!(%error, changes = changes.len(), "a group commit failed");
            // Memory may be behind the disk now, or ahead: it is read again before the answers.
            self.open = self.reopen().ok();
            let away = CommitError::from(StoreError::Away(error.to_string()));
            changes.iter().map(|_| Err(away.clone())).collect()
        });
        for (answer, reply) in answers.into_iter().zip(replies) {
            // A waiter that has gone away (its client hung up) needs no answer.
            let _ = answer.send(reply);
        }
    }

    /// One transaction for all; each change in its SAVEPOINT, so that one that conflicts takes
    /// nothing else with it.
    fn commit_group(&mut self, changes: &[Change]) -> rusqlite::Result<Vec<Answer>> {
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

    fn reopen(&self) -> rusqlite::Result<(Connection, Numbers)> {
        let connection = open_writing(&self.path)?;
        self.memory.reload(&connection)?;
        let numbers = Numbers::load(&connection)?;
        Ok((connection, numbers))
    }
}
