//! Connections, and the pragmas that each needs.

use crate::config::{FILE_NAME, OpenError};
use crate::owner::{NotOwner, check_owner};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

const LOCK_NAME: &str = "kaipiao.lock";

/// Pages of 4 KiB that the WAL holds before they are copied into the database: the more, the more
/// often a page that changes often is copied once for many changes.
const CHECKPOINT_PAGES: i64 = 16_384;
/// Pages that a connection keeps in memory, in KiB. The writer changes the same few of each table
/// again and again, and would read them from the file again and again.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
/// Prepared statements that a connection keeps: all that the store has.
const STATEMENTS: usize = 256;
/// How long a reader waits for the short moments in which a checkpoint locks the file.
const BUSY: Duration = Duration::from_secs(2);

/// One process per data directory; the operating system lets go of the lock when it dies. Who may not take it
/// is told first that it is held: its holder can be asked.
pub(crate) fn lock(directory: &Path) -> Result<File, OpenError> {
    let is_own = check_owner(&directory.join(FILE_NAME));
    let path = directory.join(LOCK_NAME);
    let mut options = OpenOptions::new();
    let opened = options.create(is_own.is_ok()).truncate(false).write(true).open(&path);
    let file = match opened {
        Ok(file) => file,
        Err(error) => {
            is_own?;
            let denied = error.kind() == ErrorKind::PermissionDenied;
            let owner = denied.then(|| NotOwner::denied(&path)).flatten();
            return Err(owner.map_or_else(|| OpenError::Io(path, error), OpenError::from));
        }
    };
    match file.try_lock() {
        Ok(()) => Ok(is_own.map(|()| file)?),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(path, error)),
    }
}

/// Locks the database itself too: the lock file may be deleted beside it. SQLite's own locks are of another
/// sort and don't meet this one; but they are lost when a handle of the file is closed, so it is kept for
/// as long as the store.
pub(crate) fn lock_database(directory: &Path, path: &Path) -> Result<File, OpenError> {
    let io = |error| OpenError::Io(path.to_owned(), error);
    let file = File::open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

/// Tells a file from another one that has taken its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// Of the file that has this name now.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// Opens the database file, which is its owner's alone: it holds people's titles and phones.
/// SQLite gives the files beside it the same mode.
pub(crate) fn open_file(path: &Path) -> Result<Connection, OpenError> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    opened.map_err(|error| OpenError::Io(path.to_owned(), error))?;
    Ok(Connection::open(path)?)
}

/// The writer's connection after an error. A file that is not there is not made anew.
pub(crate) fn open_writing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare_writing(&connection)?;
    Ok(connection)
}

/// WAL lets readers run beside the writer; FULL makes COMMIT wait until the bytes are on disk. What
/// a purge frees is given back to the disk bit by bit, which must be asked for before the first table.
pub(crate) fn prepare_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    prepare_statements(connection, WRITER_CACHE_KIB)
}

/// A read-only connection.
pub(crate) fn open_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    prepare_statements(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

/// A plan holds whatever values are bound: SQLite would else look at some of them, and prepare the
/// statement anew for each.
fn prepare_statements(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FILE_NAME;

    /// kill -9 spares the operating system's cache, so no crash test can see this.
    #[test]
    fn a_commit_waits_for_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        drop(open_file(&path).unwrap());
        let connection = open_writing(&path).unwrap();
        let synchronous: i64 =
            connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, &*journal), (2, "wal"));
    }
}
