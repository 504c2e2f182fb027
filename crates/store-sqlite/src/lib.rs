//! Floor 2: the embedded store, SQLite.
//!
//! One writer thread owns the only connection that writes. It takes all commits that are waiting,
//! runs each inside a SAVEPOINT, issues one COMMIT for all of them, and answers every waiter after
//! it: so a request waits for one group commit, and a disk that syncs slowly makes larger groups
//! instead of longer queues. The queue is bounded; what does not fit is answered `Overloaded` at
//! once. Reads go to a pool of read-only connections (WAL: they see whole commits and never wait
//! for the writer), except for resident kinds, which are kept in memory ([`resident`]).
//!
//! An error of the disk inside a group answers every waiter with `Unavailable`, and the writer
//! opens its connection again before it takes the next group.
//!
//! The outbox and the jobs go through the same thread: they are part of their commit, an attempt's
//! report is a commit like any other, and leases are handed out between two groups, from memory
//! ([`schedule`]).

mod delivery;
mod migrations;
mod readers;
mod resident;
mod sql;
mod writer;

use async_trait::async_trait;
use delivery::push_sql;
use delivery::schedule::Schedule;
use kaipiao_ports::delivery::jobs::{JobLeases, Jobs};
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, Lease, LeaseAsk, Leases, Outbox, Push, PushId, PushQuery, Report,
};
use kaipiao_ports::store::{Commit, CommitError, Key, Page, ReadError, Store, Stored};
use readers::Readers;
use resident::Resident;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use writer::{Change, Shared, Writer};

pub use writer::GroupHook;

/// The database's file name within the data directory.
pub const FILE_NAME: &str = "kaipiao.sqlite3";
const LOCK_NAME: &str = "kaipiao.lock";

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// So many commits may wait for the writer; the next one is answered `Overloaded`.
    pub queue_capacity: usize,
    /// So many reads run at once; more of them wait.
    pub readers: usize,
    /// Called before each group's COMMIT: where tests make the disk fail and crash rounds cut.
    pub before_commit: Option<GroupHook>,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue_capacity: 8192, readers: 4, before_commit: None }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the data directory.
    #[error("{0} is in use by another kaipiao process; stop that one or choose another --data")]
    InUse(PathBuf),
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found}, this kaipiao knows up to {known}; use the newer kaipiao that wrote it"
    )]
    TooNew {
        /// The database's newest migration.
        found: u32,
        /// This program's newest migration.
        known: u32,
    },
    /// The file is some other program's database.
    #[error("{0} is not a kaipiao database")]
    Foreign(PathBuf),
    /// A migration that was applied is not the one that this program knows.
    #[error("migration {0} of the database differs from this kaipiao's")]
    Altered(u32),
    /// The directory or the lock file.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// SQLite itself.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// The embedded store.
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    resident: Arc<Resident>,
    pushes: Arc<Mutex<Schedule<Push>>>,
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `directory`: makes what is missing, migrates what is old, refuses what
    /// is newer or in use.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenError::Io(path, error)
        };
        std::fs::create_dir_all(directory).map_err(io(directory))?;
        let lock = lock(directory)?;
        let path = directory.join(FILE_NAME);
        let mut connection = open_file(&path).map_err(io(&path))??;
        // Before anything is written, WAL included: a foreign or newer file stays as it is.
        migrations::check_openable(&connection, &path)?;
        prepare_writing(&connection)?;
        migrations::apply(&mut connection, &path)?;
        let resident = Arc::new(Resident::load(&connection)?);
        let readers = Arc::new(Readers::new(path.clone(), options.readers));
        let pushes = Arc::new(Mutex::new(Schedule::load(&connection)?));
        let shared = Shared {
            resident: Arc::clone(&resident),
            pushes: Arc::clone(&pushes),
            jobs: Mutex::new(Schedule::load(&connection)?),
        };
        let writer = Writer::start(connection, path, shared, options);
        Ok(Self { writer, readers, resident, pushes, _lock: lock })
    }

    /// Opens the store for reading only, also beside a process that is writing; None when there
    /// is no database yet.
    pub fn open_read_only(directory: &Path) -> Result<Option<ReadOnlyStore>, OpenError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            return Ok(None);
        }
        migrations::check(&open_reading(&path)?, &path)?;
        Ok(Some(ReadOnlyStore { readers: Arc::new(Readers::new(path, 1)) }))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self, key: &Key) -> Result<Option<Stored>, ReadError> {
        if key.kind.is_resident() {
            return Ok(self.resident.get(key));
        }
        let key = key.clone();
        self.readers.run(move |connection| sql::read(connection, &key)).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<Stored>, ReadError> {
        let page = page.clone();
        self.readers.run(move |connection| sql::list(connection, &page)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.writer.change(Change::Commit(commit)).await.map(|_| ())
    }
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn lease(&self, ask: LeaseAsk) -> Result<Leases, ReadError> {
        let taken = self.writer.lease(ask).await?;
        let lease = |(push, token)| Lease { push, token };
        let next_due_ms = taken.next_due_ms;
        Ok(Leases { taken: taken.items.into_iter().map(lease).collect(), next_due_ms })
    }

    async fn settle(&self, report: Report) -> Result<Changed, CommitError> {
        self.writer.change(Change::Settle(report)).await
    }

    async fn replay(&self, id: PushId, now_ms: i64) -> Result<Changed, CommitError> {
        self.writer.change(Change::Replay { id, now_ms }).await
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<Push>, ReadError> {
        let query = query.clone();
        let found = self.readers.run(move |connection| push_sql::list(connection, &query)).await?;
        let schedule = self.pushes.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = |push: Push| Push { in_flight_for: schedule.leases.held_for(&push.id), ..push };
        Ok(found.into_iter().map(shown).collect())
    }

    async fn attempts(&self, id: &PushId) -> Result<Vec<Attempt>, ReadError> {
        let id = id.clone();
        self.readers.run(move |connection| push_sql::attempts(connection, &id)).await
    }
}

#[async_trait]
impl Jobs for SqliteStore {
    async fn lease_jobs(&self, ask: LeaseAsk) -> Result<JobLeases, ReadError> {
        let taken = self.writer.lease_jobs(ask).await?;
        let next_due_ms = taken.next_due_ms;
        Ok(JobLeases { taken: taken.items.into_iter().map(|(job, _)| job).collect(), next_due_ms })
    }
}

/// A store that only reads: for tools beside a running server.
pub struct ReadOnlyStore {
    readers: Arc<Readers>,
}

#[async_trait]
impl Store for ReadOnlyStore {
    async fn read(&self, key: &Key) -> Result<Option<Stored>, ReadError> {
        let key = key.clone();
        self.readers.run(move |connection| sql::read(connection, &key)).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<Stored>, ReadError> {
        let page = page.clone();
        self.readers.run(move |connection| sql::list(connection, &page)).await
    }

    async fn commit(&self, _: Commit) -> Result<(), CommitError> {
        Err(CommitError::Unavailable(READ_ONLY.into()))
    }
}

const READ_ONLY: &str = "the store was opened for reading only";

#[async_trait]
impl Outbox for ReadOnlyStore {
    async fn lease(&self, _: LeaseAsk) -> Result<Leases, ReadError> {
        Err(ReadError::Unavailable(READ_ONLY.into()))
    }

    async fn settle(&self, _: Report) -> Result<Changed, CommitError> {
        Err(CommitError::Unavailable(READ_ONLY.into()))
    }

    async fn replay(&self, _: PushId, _: i64) -> Result<Changed, CommitError> {
        Err(CommitError::Unavailable(READ_ONLY.into()))
    }

    /// Who holds a push is known to the process that serves only.
    async fn pushes(&self, query: &PushQuery) -> Result<Vec<Push>, ReadError> {
        let query = query.clone();
        self.readers.run(move |connection| push_sql::list(connection, &query)).await
    }

    async fn attempts(&self, id: &PushId) -> Result<Vec<Attempt>, ReadError> {
        let id = id.clone();
        self.readers.run(move |connection| push_sql::attempts(connection, &id)).await
    }
}

#[async_trait]
impl Jobs for ReadOnlyStore {
    async fn lease_jobs(&self, _: LeaseAsk) -> Result<JobLeases, ReadError> {
        Err(ReadError::Unavailable(READ_ONLY.into()))
    }
}

/// One process per data directory; the operating system lets go of the lock when it dies.
fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK_NAME);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(|error| OpenError::Io(path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(path, error)),
    }
}

/// Opens the database file, which is its owner's alone: it holds people's titles and phones.
/// SQLite gives the files beside it the same mode.
fn open_file(path: &Path) -> std::io::Result<Result<Connection, rusqlite::Error>> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    Ok(Connection::open(path))
}

/// The writer's connection after an error: the file is there.
fn open_writing(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    prepare_writing(&connection)?;
    Ok(connection)
}

/// WAL lets readers run beside the writer; FULL makes COMMIT wait until the bytes are on disk.
fn prepare_writing(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    prepare_statements(connection, WRITER_CACHE_KIB)
}

/// Pages of 4 KiB that the WAL holds before they are copied into the database: the more, the more
/// often a page that changes often is copied once for many changes.
const CHECKPOINT_PAGES: i64 = 4096;
/// Pages that a connection keeps in memory, in KiB. The writer changes the same few of each table
/// again and again, and would read them from the file again and again.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;

/// A plan holds whatever values are bound: SQLite would else look at some of them, and prepare the
/// statement anew for each.
fn prepare_statements(connection: &Connection, cache_kib: i64) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn open_reading(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    prepare_statements(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// kill -9 spares the operating system's cache, so no crash test can see this.
    #[test]
    fn a_commit_waits_for_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open_writing(&directory.path().join(FILE_NAME)).unwrap();
        let synchronous: i64 =
            connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, &*journal), (2, "wal"));
    }

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
