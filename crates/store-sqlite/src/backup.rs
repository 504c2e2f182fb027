//! A whole copy of the store while a server works with it.
//!
//! All of the copy is of one moment, the one at which it begins: a read transaction on the source holds
//! that moment for as long as the copying takes. SQLite would else begin again whenever another process
//! commits, and never end beside a busy server. The price is that the WAL cannot be reset meanwhile, so it
//! grows by what the server writes.

use crate::config::{FILE_NAME, OpenError};
use crate::connection::open_reading;
use crate::migrations;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Pages that are copied between two reports of progress.
const PAGES: i32 = 1024;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory has no store.
    #[error("there is no store in {0}")]
    NoStore(PathBuf),
    /// The store cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite itself: a full disk, a damaged page.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another process holds the copy's file.
    #[error("the copy's file is locked by another process")]
    Locked,
    /// The copy does not hold together.
    #[error("the copy is damaged, and so is the store: {0}")]
    Damaged(String),
    /// The copy's file.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// Copies the store in `directory` into the empty file `into`, looks whether the copy holds together, and
/// brings it to the disk. `progress` gets the pages that are copied, and all of them. Blocks its thread.
pub fn back_up(
    directory: &Path,
    into: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), BackupError> {
    let path = directory.join(FILE_NAME);
    if !path.exists() {
        return Err(BackupError::NoStore(directory.to_owned()));
    }
    let source = open_reading(&path).map_err(OpenError::from)?;
    migrations::check(&source, &path)?;
    let mut copy = Connection::open(into)?;
    // A copy that breaks off is thrown away: it needs neither a journal nor the disk's word for each page.
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    let snapshot = source.unchecked_transaction()?;
    // The moment is taken by the first read, not by BEGIN.
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    copy_pages(&snapshot, &mut copy, &mut progress)?;
    drop(snapshot);
    // One file that is whole by itself; a server that opens it turns the WAL on again.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let found: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(BackupError::Damaged(found));
    }
    copy.close().map_err(|(_, error)| error)?;
    let synced = File::open(into).and_then(|file| file.sync_all());
    synced.map_err(|error| BackupError::Io(into.to_owned(), error))
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), BackupError> {
    let backup = Backup::new(source, copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let pages = backup.progress();
        let all = u64::try_from(pages.pagecount).unwrap_or(0);
        progress(all - u64::try_from(pages.remaining).unwrap_or(0).min(all), all);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(BackupError::Locked),
        }
    }
}
