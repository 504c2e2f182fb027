//! What records are searched by, filled in the background. A commit appends the record's fields to
//! `unindexed`; the indexer takes them from there in the order of the changes, and replaces what
//! `search` says of the record.

use kaipiao_ports::record::{Expect, Index, Key, Kind, Save};
use rusqlite::{Connection, OptionalExtension, params};

/// A kind's stored number; None: it is searched by nothing.
pub(crate) const fn kind_number(kind: Kind) -> Option<i64> {
    match kind {
        Kind::Order => Some(1),
        Kind::InvoiceRequest => Some(2),
        _ => None,
    }
}

/// The kind of a searched record.
const fn kind_of_number(number: i64) -> Option<Kind> {
    match number {
        1 => Some(Kind::Order),
        2 => Some(Kind::InvoiceRequest),
        _ => None,
    }
}

/// Whether a save changes what a search says: not if the record is new and is found by nothing, nor if
/// it was found by the same before, as far as that is known.
pub(crate) fn must_note(save: &Save, before: Option<&Index>) -> bool {
    if kind_number(save.key.kind).is_none() {
        return false;
    }
    match (&save.body, save.expect) {
        (Some(_), Expect::Absent) => !save.index.fields.is_empty(),
        (Some(_), _) => before.is_none_or(|before| before.fields != save.index.fields),
        (None, _) => true,
    }
}

/// Notes that a record has changed. None: it was removed.
pub(crate) fn note(
    connection: &Connection,
    key: &Key,
    index: Option<&Index>,
) -> rusqlite::Result<()> {
    let Some(kind) = kind_number(key.kind) else { return Ok(()) };
    let fields = index.map(|index| -> Vec<_> {
        index.fields.iter().map(|(field, value)| (field.number(), value)).collect()
    });
    let fields = serde_json::to_string(&fields).expect("numbers and texts are JSON");
    connection
        .prepare_cached("INSERT INTO unindexed (kind, owner, id, fields) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![kind, key.owner, key.id, fields])
        .map(|_| ())
}

struct Noted {
    seq: i64,
    kind: i64,
    owner: String,
    id: String,
    fields: String,
}

/// Indexes changes, oldest first, `limit` of them at most. Returns how many it were.
pub(crate) fn index(connection: &Connection, limit: usize) -> rusqlite::Result<usize> {
    let noted = first(connection, limit)?;
    for change in &noted {
        replace(connection, change)?;
    }
    if let Some(last) = noted.last() {
        connection.prepare_cached("DELETE FROM unindexed WHERE seq <= ?1")?.execute([last.seq])?;
    }
    Ok(noted.len())
}

fn first(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<Noted>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, kind, owner, id, fields FROM unindexed ORDER BY seq LIMIT ?1",
    )?;
    let rows = statement.query_map([limit], |row| {
        Ok(Noted {
            seq: row.get(0)?,
            kind: row.get(1)?,
            owner: row.get(2)?,
            id: row.get(3)?,
            fields: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// When a record's listings say it is; None: it is gone, and the change that says so follows.
fn time_of(
    connection: &Connection,
    kind: i64,
    owner: &str,
    id: &str,
) -> rusqlite::Result<Option<i64>> {
    let Some(kind) = kind_of_number(kind) else { return Ok(None) };
    let sql = format!("SELECT time_ms FROM {} WHERE owner = ?1 AND id = ?2", kind.table());
    connection.prepare_cached(&sql)?.query_row((owner, id), |row| row.get(0)).optional()
}

/// Makes what a search says of a record what the change says.
fn replace(connection: &Connection, change: &Noted) -> rusqlite::Result<()> {
    let Noted { kind, owner, id, fields, .. } = change;
    let before = connection
        .prepare_cached(
            "SELECT time_ms, fields FROM indexed WHERE kind = ?1 AND owner = ?2 AND id = ?3",
        )?
        .query_row(params![kind, owner, id], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    let is_removed = fields == REMOVED;
    let time_ms = match &before {
        Some((time_ms, _)) => *time_ms,
        None => match time_of(connection, *kind, owner, id)? {
            Some(time_ms) => time_ms,
            None => return Ok(()),
        },
    };
    let old = before.as_ref().map_or_else(Vec::new, |(_, fields)| parse(fields));
    let new = parse(fields);
    for (field, value) in old.iter().filter(|pair| !new.contains(pair)) {
        connection
            .prepare_cached(
                "DELETE FROM search WHERE kind = ?1 AND owner = ?2 AND field = ?3 AND value = ?4 \
                 AND time_ms = ?5 AND id = ?6",
            )?
            .execute(params![kind, owner, field, value, time_ms, id])?;
    }
    for (field, value) in new.iter().filter(|pair| !old.contains(pair)) {
        connection
            .prepare_cached(
                "INSERT INTO search (kind, owner, field, value, time_ms, id) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute(params![kind, owner, field, value, time_ms, id])?;
    }
    let sql = match is_removed {
        true => "DELETE FROM indexed WHERE kind = ?1 AND owner = ?2 AND id = ?3",
        false => {
            "INSERT INTO indexed (kind, owner, id, time_ms, fields) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET fields = excluded.fields"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    if is_removed {
        statement.execute(params![kind, owner, id])?;
    } else if before.is_none() || old != new {
        statement.execute(params![kind, owner, id, time_ms, fields])?;
    }
    Ok(())
}

/// What [`note`] writes for a record that was removed.
const REMOVED: &str = "null";

/// What [`note`] wrote. Nothing else writes the column.
fn parse(fields: &str) -> Vec<(i64, String)> {
    serde_json::from_str::<Option<_>>(fields).ok().flatten().unwrap_or_default()
}
