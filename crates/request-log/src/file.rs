//! The file: how it is opened, and begun anew where it cannot be read.

use crate::table;
use core::time::Duration;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// How long one waits for the short moments in which the file is locked.
const BUSY: Duration = Duration::from_secs(2);
/// What is left of the file beside it once its pages are in the file.
const MOST_JOURNAL_BYTES: i64 = 16 << 20;
const CACHE_KIB: i64 = 8 * 1024;
/// Beside the file's name: its pages on their way, and their index.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
/// What a file is called that cannot be read.
const DAMAGED: &str = ".damaged";

/// The file and its only writing connection.
pub(crate) struct LogFile {
    path: PathBuf,
    /// None after an error, until it could be opened again.
    connection: Option<Connection>,
}

impl LogFile {
    /// Opens it. One that cannot be read is put aside.
    pub(crate) fn open(path: PathBuf) -> rusqlite::Result<Self> {
        let connection = Some(open_or_begin(&path)?);
        Ok(Self { path, connection })
    }

    /// The connection; opened now, where the last try failed.
    pub(crate) fn connection(&mut self) -> rusqlite::Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open_or_begin(&self.path)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Has the file opened anew by the next who wants it; one that turns out to be damaged is begun anew.
    pub(crate) fn close(&mut self, error: &rusqlite::Error) {
        self.connection = None;
        if is_damage(error) {
            put_aside(&self.path);
        }
    }
}

fn open_or_begin(path: &Path) -> rusqlite::Result<Connection> {
    match open_writing(path).and_then(whole) {
        Err(error) if is_damage(&error) => {
            tracing::warn!(%error, "the request log cannot be read and is begun anew");
            put_aside(path);
            open_writing(path)
        }
        opened => opened,
    }
}

/// The same connection, if what was left behind by the last process can be read.
fn whole(connection: Connection) -> rusqlite::Result<Connection> {
    table::newest(&connection)?;
    Ok(connection)
}

/// Whether an error says that the file is no log.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        }
        _ => false,
    }
}

/// Keeps the newest damaged file under another name.
fn put_aside(path: &Path) {
    let _ = std::fs::rename(path, beside(path, DAMAGED));
    for companion in COMPANIONS {
        let _ = std::fs::remove_file(beside(path, companion));
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// The file is its owner's alone: it holds people's titles and phones. SQLite gives the files beside it the same mode.
fn open_writing(path: &Path) -> rusqlite::Result<Connection> {
    use std::os::unix::fs::OpenOptionsExt;
    // An error shows again when SQLite opens it.
    let _ = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "journal_size_limit", MOST_JOURNAL_BYTES)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    table::create(&connection)?;
    Ok(connection)
}

/// A connection for one look.
pub(crate) fn open_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
