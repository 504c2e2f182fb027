//! The store that the server works with.

use crate::change::{Change, Reply};
use crate::config::{FILE_NAME, MOVED_NAME, OpenError, Options};
use crate::connection::{
    FileIdentity, lock, lock_database, open_file, open_reading, prepare_writing,
};
use crate::delivery::{jobs, open_pushes, pushes};
use crate::memory::Memory;
use crate::migrations;
use crate::read_only::ReadOnlyStore;
use crate::readers::Readers;
use crate::records::{listing, search, statements};
use crate::writer::{DatabaseFile, Writer};
use async_trait::async_trait;
use core::time::Duration;
use kaipiao_ports::delivery::claims::{
    Claim, ClaimRequest, ClaimToken, Claimed, Claims, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobFailure, JobQuery, Jobs};
use kaipiao_ports::delivery::outbox::{
    ListedPush, Outbox, Push, PushId, PushQuery, PushReport, Replayed,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::metrics::CommitMetrics;
use kaipiao_ports::record::{Key, Stored};
use kaipiao_ports::store::{Commit, Committed, Forgettable, Freshness, Listed, Page, Store};
use prometheus::core::Collector;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of the search that one commit changes.
const INDEX_PORTION: usize = 500;

/// The embedded store.
pub struct SqliteStore {
    indexing: tokio::sync::Mutex<()>,
    metrics: CommitMetrics,
    // Dropped in this order: the last connection to close, the writer's, removes the WAL.
    readers: Arc<Readers>,
    writer: Writer,
    memory: Arc<Memory>,
    locks: Mutex<Vec<File>>,
}

impl SqliteStore {
    /// Opens the store in `directory`: makes what is missing, migrates what is old, refuses what
    /// is newer or in use.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let io = |error| OpenError::Io(directory.to_owned(), error);
        std::fs::create_dir_all(directory).map_err(io)?;
        let lock = lock(directory)?;
        let moved = directory.join(MOVED_NAME);
        if moved.exists() {
            return Err(OpenError::Moved(moved));
        }
        let path = directory.join(FILE_NAME);
        let mut connection = open_file(&path)?;
        let database_lock = lock_database(directory, &path)?;
        // Before anything is written, WAL included: a foreign or newer file stays as it is.
        migrations::check_openable(&connection, &path)?;
        prepare_writing(&connection)?;
        migrations::apply(&mut connection, &path)?;
        let memory = Arc::new(Memory::load(&connection)?);
        let readers = Arc::new(Readers::new(path.clone(), options.readers));
        let identity = FileIdentity::of(&path).map_err(io)?;
        let file = DatabaseFile { path, identity };
        let metrics = CommitMetrics::default();
        let kept = Arc::clone(&memory);
        let writer = Writer::start(connection, file, kept, options, metrics.clone())?;
        let indexing = tokio::sync::Mutex::default();
        let locks = Mutex::new(vec![lock, database_lock]);
        Ok(Self { indexing, metrics, readers, writer, memory, locks })
    }

    /// Opens the store for reading only, also beside a process that is writing; None when there
    /// is no database yet.
    pub fn open_read_only(directory: &Path) -> Result<Option<ReadOnlyStore>, OpenError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            return Ok(None);
        }
        migrations::check_readable(&open_reading(&path)?, &path)?;
        Ok(Some(ReadOnlyStore::new(path)))
    }

    /// Takes no more changes and reads, finishes those under way, and lets go of the files: they may be replaced, and
    /// opened again. Whoever asks from then on is told that the store is away.
    pub async fn close(self: &Arc<Self>) {
        self.readers.end().await;
        let store = Arc::clone(self);
        let ended = tokio::task::spawn_blocking(move || {
            store.writer.end();
            store.locks.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        if let Err(error) = ended.await {
            tracing::error!(%error, "the store did not close in order");
        }
    }

    async fn change(&self, change: Change) -> Result<Reply, CommitError> {
        self.writer.change(change).await
    }

    /// The same for changes that expect no version.
    async fn unconditional(&self, change: Change) -> Result<Reply, StoreError> {
        self.change(change).await.map_err(|error| match error {
            CommitError::Store(error) => error,
            CommitError::Conflict(_) => StoreError::Refused(error.to_string()),
        })
    }
}

/// The writer replies to each change with its own kind of reply.
macro_rules! reply {
    ($reply:expr, $kind:ident) => {
        match $reply {
            Reply::$kind(reply) => reply,
            other => unreachable!("the reply of another change: {other:?}"),
        }
    };
}

#[async_trait]
impl Store for SqliteStore {
    /// Memory is as fresh as the disk: only this process writes.
    async fn read(&self, key: &Key, _: Freshness) -> Result<Option<Stored>, StoreError> {
        if key.kind.is_resident() {
            return Ok(self.memory.resident.get(key));
        }
        if let Some(found) = self.memory.recent.get(key) {
            return Ok(found);
        }
        let snapshot = self.memory.recent.snapshot();
        let key = key.clone();
        let found = self.readers.run(move |connection| statements::read(connection, &key)).await?;
        if let Some(stored) = &found {
            self.memory.recent.take_read(&snapshot, stored);
        }
        Ok(found)
    }

    fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.metrics.collectors().into_iter().chain(self.readers.collectors()).collect()
    }

    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError> {
        let page = page.clone();
        self.readers.run(move |connection| listing::list(connection, &page)).await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        Ok(reply!(self.change(Change::Commit(commit)).await?, Committed))
    }

    /// What changes is found beside the writer, which applies it in portions that hold up a group by
    /// a few milliseconds at most.
    async fn index(&self, limit: usize) -> Result<usize, StoreError> {
        let _one_at_a_time = self.indexing.lock().await;
        let plan = self.readers.run(move |connection| search::plan(connection, limit)).await?;
        let mut done = (plan.count > 0).then_some(plan.done);
        let mut rows = plan.rows.into_iter().peekable();
        while rows.peek().is_some() || done.is_some() {
            let portion: Vec<_> = rows.by_ref().take(INDEX_PORTION).collect();
            let done = if rows.peek().is_none() { done.take() } else { None };
            self.unconditional(Change::Index { rows: portion, done }).await?;
        }
        Ok(plan.count)
    }

    async fn purge(&self, forgettable: &Forgettable, limit: usize) -> Result<usize, StoreError> {
        let forgettable = forgettable.clone();
        Ok(reply!(self.unconditional(Change::Purge { forgettable, limit }).await?, Count))
    }
}

#[async_trait]
impl Claims for SqliteStore {
    async fn due_turns(
        &self,
        queue: Queue,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Result<Vec<DueTurn>, StoreError> {
        Ok(match queue {
            Queue::Push => self.memory.pushes().queue.due_turns(due_by_ms, after, limit),
            Queue::Issue => self.memory.jobs().queue(queue).due_turns(due_by_ms, after, limit),
        })
    }

    async fn count_open(&self, queue: Queue, at_most: usize) -> Result<usize, StoreError> {
        let open = match queue {
            Queue::Push => self.memory.pushes().count(),
            Queue::Issue => self.memory.jobs().queue(queue).count(),
        };
        Ok(open.min(at_most))
    }

    async fn renew(
        &self,
        tokens: &[ClaimToken],
        lapses_in: Duration,
    ) -> Result<Vec<ClaimToken>, StoreError> {
        let (mut pushes, mut jobs) = (self.memory.pushes(), self.memory.jobs());
        let mut renew = |token: &ClaimToken| match token.queue {
            Queue::Push => pushes.queue.renew(*token, lapses_in),
            Queue::Issue => jobs.queue(token.queue).renew(*token, lapses_in),
        };
        Ok(tokens.iter().filter(|token| !renew(token)).copied().collect())
    }

    async fn release(&self, tokens: &[ClaimToken]) -> Result<(), StoreError> {
        let (mut pushes, mut jobs) = (self.memory.pushes(), self.memory.jobs());
        for token in tokens {
            match token.queue {
                Queue::Push => pushes.queue.release(*token),
                Queue::Issue => jobs.queue(token.queue).release(*token),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim_pushes(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        let ClaimRequest { turn, due_by_ms, lapses_in, limit, .. } = *request;
        let (found, missing, next_due_ms) = {
            let mut pushes = self.memory.pushes();
            let (tokens, next_due_ms) = pushes.queue.claim(turn, due_by_ms, lapses_in, limit);
            let found = tokens.iter().map(|token| (*token, pushes.kept(*token)));
            let (found, missing): (Vec<_>, Vec<_>) = found.partition(|(_, kept)| kept.is_some());
            (found, missing, next_due_ms)
        };
        let mut claims: Vec<_> = found
            .into_iter()
            .filter_map(|(token, kept)| kept.map(|work| Claim { work, token }))
            .collect();
        if !missing.is_empty() {
            let tokens: Vec<_> = missing.into_iter().map(|(token, _)| token).collect();
            claims.extend(self.read_claimed(tokens).await?);
        }
        Ok(Claimed { claims, next_due_ms })
    }

    async fn complete_push(&self, report: PushReport) -> Result<Reported, CommitError> {
        Ok(reply!(self.change(Change::CompletePush(report)).await?, Reported))
    }

    async fn replay(&self, id: &PushId, now_ms: i64) -> Result<Replayed, CommitError> {
        let id = id.clone();
        Ok(reply!(self.change(Change::Replay { id, now_ms }).await?, Replayed))
    }

    async fn remove_pushes(&self, ids: &[PushId], now_ms: i64) -> Result<(), CommitError> {
        let ids = ids.to_vec();
        self.change(Change::RemovePushes { ids, now_ms }).await.map(|_| ())
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError> {
        let query = query.clone();
        let memory = Arc::clone(&self.memory);
        self.readers
            .run(move |connection| {
                let found = pushes::list(connection, &query)?;
                open_pushes::show(connection, &memory.pushes(), found)
            })
            .await
    }
}

impl SqliteStore {
    /// Reads what was claimed and is not in memory. On an error the claims are let go of.
    async fn read_claimed(&self, tokens: Vec<ClaimToken>) -> Result<Vec<Claim<Push>>, StoreError> {
        let wanted = tokens.clone();
        let read = self.readers.run(move |connection| {
            let push = |token: ClaimToken| pushes::read(connection, token.number);
            wanted.into_iter().map(push).collect::<rusqlite::Result<Vec<_>>>()
        });
        let found = match read.await {
            Ok(found) => found,
            Err(error) => {
                self.release(&tokens).await?;
                return Err(error);
            }
        };
        let open = self.memory.pushes();
        let claims = tokens.into_iter().zip(found).filter_map(|(token, push)| {
            let state = open.state(token.number)?;
            push.map(|push| Claim { work: Push { state, ..push }, token })
        });
        Ok(claims.collect())
    }
}

#[async_trait]
impl Jobs for SqliteStore {
    async fn claim_jobs(
        &self,
        queue: Queue,
        request: &ClaimRequest<'_>,
    ) -> Result<Claimed<Job>, StoreError> {
        let ClaimRequest { turn, due_by_ms, lapses_in, limit, .. } = *request;
        let mut jobs = self.memory.jobs();
        let (tokens, next_due_ms) = jobs.queue(queue).claim(turn, due_by_ms, lapses_in, limit);
        let claims = tokens.into_iter().filter_map(|token| {
            let work = jobs.job(token)?;
            Some(Claim { work, token })
        });
        Ok(Claimed { claims: claims.collect(), next_due_ms })
    }

    async fn fail_job(&self, failure: JobFailure) -> Result<Reported, StoreError> {
        Ok(reply!(self.unconditional(Change::FailJob(failure)).await?, Reported))
    }

    async fn run_again(&self, number: i64, now_ms: i64) -> Result<Option<bool>, StoreError> {
        Ok(reply!(self.unconditional(Change::RunAgain { number, now_ms }).await?, RunAgain))
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError> {
        let query = query.clone();
        self.readers.run(move |connection| jobs::list(connection, &query)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn the_files_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let _store = SqliteStore::open(directory.path(), Options::default()).unwrap();
        for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
            let mode = std::fs::metadata(directory.path().join(&name)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_foreign_file_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        let opened = SqliteStore::open(directory.path(), Options::default());
        assert!(matches!(opened, Err(OpenError::Foreign(_))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
