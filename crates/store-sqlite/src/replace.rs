//! A closed store gets other contents: those of an earlier copy, or none. Versions that were given out never come
//! again: what somebody has read before is no expectation of anything after.

use crate::backup::BackupError;
use crate::config::{FILE_NAME, OpenError};
use crate::connection::{lock, open_file, open_reading, prepare_writing};
use crate::migrations;
use crate::sequence;
use rusqlite::Connection;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes the copy `from` the store in `directory`. Its sequences go on behind both what the copy and what the store has
/// given out. Blocks its thread.
pub fn restore(directory: &Path, from: &Path) -> Result<(), BackupError> {
    let io = |error| BackupError::Io(directory.to_owned(), error);
    let _lock = lock(directory)?;
    let path = directory.join(FILE_NAME);
    let given_out = sequences(&path)?;
    let part = tempfile::Builder::new().prefix(".restore-").tempfile_in(directory).map_err(io)?;
    std::fs::copy(from, part.path()).map_err(io)?;
    let mut copy = Connection::open(part.path())?;
    // It may be of an earlier kaipiao.
    migrations::check(&copy, from)?;
    migrations::apply(&mut copy, from)?;
    let changes = copy.transaction()?;
    for (name, next) in &given_out {
        let next = sequence::read(&changes, name)?.max(*next);
        sequence::write(&changes, name, next)?;
    }
    changes.commit()?;
    copy.close().map_err(|(_, error)| error)?;
    part.as_file().sync_all().map_err(io)?;
    remove_files(directory).map_err(io)?;
    part.persist(&path).map_err(|error| io(error.error))?;
    sync(directory).map_err(io)
}

/// Empties the store in `directory`: it is as before its first start, but for its versions, which go on. Blocks its
/// thread.
pub fn empty(directory: &Path) -> Result<(), BackupError> {
    let io = |error| BackupError::Io(directory.to_owned(), error);
    let _lock = lock(directory)?;
    let path = directory.join(FILE_NAME);
    let versions = sequences(&path)?.into_iter().find(|(name, _)| name == sequence::VERSIONS);
    remove_files(directory).map_err(io)?;
    let mut connection = open_file(&path)?;
    prepare_writing(&connection)?;
    migrations::apply(&mut connection, &path)?;
    if let Some((name, next)) = versions {
        sequence::write(&connection, &name, next)?;
    }
    connection.close().map_err(|(_, error)| error)?;
    sync(directory).map_err(io)
}

/// Where each sequence of a database stands; none where there is no database.
fn sequences(path: &Path) -> Result<Vec<(String, i64)>, BackupError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let connection = open_reading(path).map_err(OpenError::from)?;
    let mut statement = connection.prepare("SELECT name, next FROM sequences")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes the database and what SQLite has beside it.
fn remove_files(directory: &Path) -> io::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(directory.join(format!("{FILE_NAME}{ending}"))) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
