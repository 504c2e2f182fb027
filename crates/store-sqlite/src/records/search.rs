//! What records are searched by, filled in the background. A commit appends the record's fields to
//! `unindexed`; the indexer plans from there, beside the writer, which rows of `search` change, and
//! has the writer apply them in small portions.

use kaipiao_ports::record::{Expect, Index, Key, Kind, Save};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

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

/// Row changes that make noted changes findable. In the order of the trees, so that the few rows of
/// each commit lie beside each other, and a page is written once however many of its rows change.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In order; applied twice they do no harm.
    pub(crate) rows: Vec<RowChange>,
    /// The newest change that the rows follow from; None: there is none.
    pub(crate) through: Option<i64>,
    /// Changes that they follow from.
    pub(crate) changes: usize,
}

/// One row's change; ordered by table and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowChange {
    /// A record is found by a value no more, or from now on.
    Search {
        kind: i64,
        owner: String,
        field: i64,
        value: String,
        time_ms: i64,
        id: String,
        is_found: bool,
    },
    /// The time and the fields that the rows of a record say; None: there are none.
    Indexed { kind: i64, owner: String, id: String, now: Option<(i64, String)> },
}

/// Plans for at most so many noted changes, oldest first; of several changes of a record the last one
/// counts.
pub(crate) fn plan(connection: &Connection, limit: usize) -> rusqlite::Result<Plan> {
    let mut plan = Plan::default();
    let mut last: BTreeMap<(i64, String, String), String> = BTreeMap::new();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT seq, kind, owner, id, fields FROM unindexed ORDER BY seq LIMIT ?1",
    )?;
    let mut rows = statement.query([limit])?;
    while let Some(row) = rows.next()? {
        plan.through = Some(row.get(0)?);
        plan.changes += 1;
        last.insert((row.get(1)?, row.get(2)?, row.get(3)?), row.get(4)?);
    }
    for ((kind, owner, id), fields) in last {
        plan_record(connection, &mut plan.rows, (kind, owner, id), &fields)?;
    }
    plan.rows.sort_unstable();
    Ok(plan)
}

fn plan_record(
    connection: &Connection,
    rows: &mut Vec<RowChange>,
    (kind, owner, id): (i64, String, String),
    fields: &str,
) -> rusqlite::Result<()> {
    let before = connection
        .prepare_cached(
            "SELECT time_ms, fields FROM indexed WHERE kind = ?1 AND owner = ?2 AND id = ?3",
        )?
        .query_row(params![kind, owner, id], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    // A record that was removed and made anew has a new time.
    let now = match fields {
        REMOVED => None,
        fields => time_of(connection, kind, &owner, &id)?.map(|time_ms| (time_ms, fields)),
    };
    let found_by = |indexed: Option<(i64, &str)>| -> Vec<(i64, i64, String)> {
        let (time_ms, fields) = indexed.unwrap_or((0, REMOVED));
        parse(fields).into_iter().map(|(field, value)| (time_ms, field, value)).collect()
    };
    let before = before.as_ref().map(|(time_ms, fields)| (*time_ms, &**fields));
    if before == now {
        return Ok(());
    }
    let (old, new) = (found_by(before), found_by(now));
    let search = |(time_ms, field, value): &(i64, i64, String), is_found| RowChange::Search {
        kind,
        owner: owner.clone(),
        field: *field,
        value: value.clone(),
        time_ms: *time_ms,
        id: id.clone(),
        is_found,
    };
    rows.extend(old.iter().filter(|entry| !new.contains(entry)).map(|entry| search(entry, false)));
    rows.extend(new.iter().filter(|entry| !old.contains(entry)).map(|entry| search(entry, true)));
    let now = now.map(|(time_ms, fields)| (time_ms, fields.to_owned()));
    rows.push(RowChange::Indexed { kind, owner, id, now });
    Ok(())
}

/// Applies row changes.
pub(crate) fn apply(connection: &Connection, rows: &[RowChange]) -> rusqlite::Result<()> {
    for row in rows {
        match row {
            RowChange::Search { kind, owner, field, value, time_ms, id, is_found } => {
                let sql = match is_found {
                    true => {
                        "INSERT INTO search (kind, owner, field, value, time_ms, id) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"
                    }
                    false => {
                        "DELETE FROM search WHERE kind = ?1 AND owner = ?2 AND field = ?3 \
                         AND value = ?4 AND time_ms = ?5 AND id = ?6"
                    }
                };
                let params = params![kind, owner, field, value, time_ms, id];
                connection.prepare_cached(sql)?.execute(params)?;
            }
            RowChange::Indexed { kind, owner, id, now: Some((time_ms, fields)) } => {
                connection
                    .prepare_cached(
                        "INSERT INTO indexed (kind, owner, id, time_ms, fields) \
                         VALUES (?1, ?2, ?3, ?4, ?5) \
                         ON CONFLICT DO UPDATE SET time_ms = excluded.time_ms, fields = excluded.fields",
                    )?
                    .execute(params![kind, owner, id, time_ms, fields])?;
            }
            RowChange::Indexed { kind, owner, id, now: None } => {
                connection
                    .prepare_cached(
                        "DELETE FROM indexed WHERE kind = ?1 AND owner = ?2 AND id = ?3",
                    )?
                    .execute(params![kind, owner, id])?;
            }
        }
    }
    Ok(())
}

/// Forgets the noted changes that were made findable.
pub(crate) fn done(connection: &Connection, through: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM unindexed WHERE seq <= ?1")?
        .execute([through])
        .map(|_| ())
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

/// What [`note`] writes for a record that was removed.
const REMOVED: &str = "null";

/// What [`note`] wrote. Nothing else writes the column.
fn parse(fields: &str) -> Vec<(i64, String)> {
    serde_json::from_str::<Option<_>>(fields).ok().flatten().unwrap_or_default()
}
