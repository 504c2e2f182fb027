//! A closed store gets other contents: those of an earlier copy, or none. Versions that were given out never come
//! again: what somebody has read before is no expectation of anything after.

use crate::backup::BackupError;
use crate::config::{FILE_NAME, OpenError};
use crate::connection::{lock, open_file, open_reading, prepare_writing};
use crate::migrations;
use crate::sequence;
use rusqlite::{Connection, ErrorCode};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A closed store that nobody else opens meanwhile. What it does blocks its thread.
#[derive(Debug)]
pub struct ClosedStore {
    directory: PathBuf,
    _lock: File,
}

impl ClosedStore {
    /// That in `directory`; an error: a process has it open.
    pub fn hold(directory: &Path) -> Result<Self, OpenError> {
        Ok(Self { directory: directory.to_owned(), _lock: lock(directory)? })
    }

    /// Writes the contents of the copy `from` to `new`: its sequences go on behind both what the copy and what the store has
    /// given out.
    pub fn write_restored(&self, from: &Path, new: &Path) -> Result<(), BackupError> {
        let given_out = sequences(&self.directory.join(FILE_NAME))?;
        std::fs::copy(from, new).map_err(io(new))?;
        let mut copy = Connection::open(new).map_err(OpenError::from)?;
        // It may be of an earlier kaipiao.
        migrations::check(&copy, from)?;
        migrations::apply(&mut copy, from)?;
        let changes = copy.transaction()?;
        for (name, next) in &given_out {
            let next = sequence::read(&changes, name)?.max(*next);
            sequence::write(&changes, name, next)?;
        }
        changes.commit()?;
        written(copy, new)
    }

    /// Writes to `new` what the store was before its first start, but for its versions, which go on.
    pub fn write_empty(&self, new: &Path) -> Result<(), BackupError> {
        let given_out = sequences(&self.directory.join(FILE_NAME))?;
        let versions = given_out.into_iter().find(|(name, _)| name == sequence::VERSIONS);
        let mut connection = open_file(new)?;
        prepare_writing(&connection)?;
        migrations::apply(&mut connection, new)?;
        if let Some((name, next)) = versions {
            sequence::write(&connection, &name, next)?;
        }
        written(connection, new)
    }

    /// Puts the database `new`, of the same file system, in the store's place. Broken off, it can be done again.
    pub fn replace(&self, new: &Path) -> Result<(), BackupError> {
        let directory = &self.directory;
        remove_files(directory).map_err(io(directory))?;
        std::fs::rename(new, directory.join(FILE_NAME)).map_err(io(new))?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(io(directory))
    }
}

fn io(path: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
    |error| BackupError::Io(path.to_owned(), error)
}

/// Closes a database, which is then one whole file, and brings it to the disk.
fn written(connection: Connection, path: &Path) -> Result<(), BackupError> {
    connection.close().map_err(|(_, error)| error)?;
    File::open(path).and_then(|file| file.sync_all()).map_err(io(path))
}

/// Where each sequence of a database stands; none where there is no database, or where it is too damaged to say: nobody has
/// read it then since this process began.
fn sequences(path: &Path) -> Result<Vec<(String, i64)>, BackupError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    match read_sequences(path) {
        Err(error) if is_damage(&error) => Ok(Vec::new()),
        read => Ok(read.map_err(OpenError::from)?),
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn read_sequences(path: &Path) -> rusqlite::Result<Vec<(String, i64)>> {
    let connection = open_reading(path)?;
    // What is left of a database may be an empty one.
    if !connection.table_exists(None, "sequences")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT name, next FROM sequences")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
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
