//! Everything that a store holds, on its way to another engine. The data directory is locked meanwhile: what a
//! running server wrote behind the copy would be lost.

use crate::config::{FILE_NAME, MOVED_NAME, OpenError};
use crate::connection::{lock, lock_database, open_reading};
use crate::delivery::{jobs, pushes};
use crate::migrations;
use crate::records::statements;
use kaipiao_ports::delivery::jobs::Job;
use kaipiao_ports::record::{Field, Index, Kind};
use kaipiao_ports::transfer::{MovedPush, MovedRecord};
use rusqlite::{Connection, Row};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A store that is read from its beginning to its end.
pub struct Export {
    connection: Connection,
    marker: PathBuf,
    _locks: [File; 2],
}

impl Export {
    /// Opens the store in `directory`, which nobody else may have open.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(FILE_NAME);
        if !path.exists() {
            let error = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(OpenError::Io(path, error));
        }
        let locks = [lock(directory)?, lock_database(directory, &path)?];
        let connection = open_reading(&path)?;
        migrations::check_readable(&connection, &path)?;
        Ok(Self { connection, marker: directory.join(MOVED_NAME), _locks: locks })
    }

    /// Records, pushes and jobs in all.
    pub fn count(&self) -> Result<usize, OpenError> {
        let tables = Kind::ALL.into_iter().map(Kind::table).chain(["pushes", "jobs"]);
        let mut all = 0_i64;
        for table in tables {
            let sql = format!("SELECT count(*) FROM {table}");
            all += self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        }
        Ok(usize::try_from(all).unwrap_or_default())
    }

    /// Records of a kind by key, behind `after` (owner and id), `limit` of them at most.
    pub fn records(
        &self,
        kind: Kind,
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Result<Vec<MovedRecord>, OpenError> {
        let (time, fields) = if kind.has_time() { ("time_ms", "fields") } else { ("0", "'[]'") };
        let unused = if kind.can_expire() { "unused_since_ms" } else { "NULL" };
        let place = if after.is_some() { "(owner, id) > (?2, ?3)" } else { "?2 IS ?3" };
        let sql = format!(
            "SELECT owner, id, version, body, {time}, {fields}, {unused} FROM {} \
             WHERE {place} ORDER BY owner, id LIMIT ?1",
            kind.table()
        );
        let (owner, id) = after.unzip();
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map((sql_limit(limit), owner, id), |row| moved(kind, row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Pushes in the order of their numbers, behind `after`, `limit` of them at most.
    pub fn pushes(&self, after: i64, limit: usize) -> Result<Vec<MovedPush>, OpenError> {
        let found = pushes::from_number(&self.connection, after, sql_limit(limit))?;
        Ok(found.into_iter().map(|(push, attempts)| MovedPush { push, attempts }).collect())
    }

    /// Jobs in the order of their numbers, behind `after`, `limit` of them at most.
    pub fn jobs(&self, after: i64, limit: usize) -> Result<Vec<Job>, OpenError> {
        Ok(jobs::from_number(&self.connection, after, sql_limit(limit))?)
    }

    /// From here on no server starts on the store: it has moved. On the disk when this returns.
    pub fn close(&self) -> Result<(), OpenError> {
        let io = |error| OpenError::Io(self.marker.clone(), error);
        let marker = File::create(&self.marker).map_err(io)?;
        marker.sync_all().map_err(io)?;
        let directory = self.marker.parent().expect("it lies in the data directory");
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)
    }
}

fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn moved(kind: Kind, row: &Row<'_>) -> rusqlite::Result<MovedRecord> {
    let fields: String = row.get(5)?;
    let unreadable = |why: serde_json::Error| {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, why.into())
    };
    let fields: Vec<(i64, String)> = serde_json::from_str(&fields).map_err(unreadable)?;
    let known = |(number, value)| Field::from_number(number).map(|field| (field, value));
    Ok(MovedRecord {
        stored: statements::stored(kind, row)?,
        index: Index {
            time_ms: row.get(4)?,
            unused_since_ms: row.get(6)?,
            fields: fields.into_iter().filter_map(known).collect(),
        },
    })
}
