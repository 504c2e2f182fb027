//! What records and pushes are listed by besides their key, filled in the background: a record's time and
//! fields, a push's account and ordering key. A commit appends what has changed of a record's fields to
//! `unindexed`, and leaves the rest to a look at what has arrived; the indexer plans from there, beside
//! the writer, which rows change, and has the writer apply them in small portions.

use crate::sequence;
use kaipiao_ports::record::{Index, Key, Kind};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// The field that stands for every record; its value is empty, so its rows are in the order of time.
pub(crate) const EVERY: i64 = 0;
/// Up to (without) this number pushes are found by account and ordering key.
pub(crate) const PUSHES_INDEXED: &str = "pushes_indexed";

/// Kinds that are listed by more than their key.
const INDEXED: [Kind; 4] =
    [Kind::Order, Kind::InvoiceRequest, Kind::Payment, Kind::InsertedInvoice];

/// A kind's stored number; None: it is listed by its key alone.
pub(crate) const fn kind_number(kind: Kind) -> Option<i64> {
    match kind {
        Kind::Order => Some(1),
        Kind::InvoiceRequest => Some(2),
        Kind::Payment => Some(3),
        Kind::InsertedInvoice => Some(4),
        _ => None,
    }
}

/// The sequence that says up to (without) which `seq` a kind's records are found by time.
pub(crate) fn arrivals(kind: Kind) -> String {
    format!("{}_indexed", kind.table())
}

/// The fields of a record that is searched by nothing.
const NO_FIELDS: &str = "[]";

/// What an index says of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) time_ms: i64,
    /// Pairs of a field's number and its value, in JSON.
    pub(crate) fields: String,
}

/// What an index says of a record as it stands; None: there is no such record.
pub(crate) fn entry(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Entry>> {
    let sql =
        format!("SELECT time_ms, fields FROM {} WHERE owner = ?1 AND id = ?2", key.kind.table());
    connection
        .prepare_cached(&sql)?
        .query_row((&key.owner, &key.id), |row| {
            Ok(Entry { time_ms: row.get(0)?, fields: row.get(1)? })
        })
        .optional()
}

/// The fields as a record's row has them.
pub(crate) fn fields_text(index: &Index) -> String {
    let fields: Vec<_> =
        index.fields.iter().map(|(field, value)| (field.number(), value)).collect();
    serde_json::to_string(&fields).expect("numbers and texts are JSON")
}

/// Notes what has changed of a record. None: there was none, or there is none any more. Nothing is noted
/// of a new record without fields: it will be seen among those that have arrived.
pub(crate) fn note(
    connection: &Connection,
    key: &Key,
    before: Option<Entry>,
    now: Option<Entry>,
) -> rusqlite::Result<()> {
    let Some(kind) = kind_number(key.kind) else { return Ok(()) };
    let is_same = match (&before, &now) {
        (Some(before), Some(now)) => before.fields == now.fields,
        (None, Some(now)) => now.fields == NO_FIELDS,
        (Some(_), None) => false,
        (None, None) => true,
    };
    if is_same {
        return Ok(());
    }
    let split = |entry: Option<Entry>| entry.map(|entry| (entry.time_ms, entry.fields)).unzip();
    let ((before_ms, before), (now_ms, now)) = (split(before), split(now));
    connection
        .prepare_cached(
            "INSERT INTO unindexed (kind, owner, id, before_ms, before, now_ms, now) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![kind, key.owner, key.id, before_ms, before, now_ms, now])
        .map(|_| ())
}

/// Row changes that make what has happened findable. In the order of the trees, so that the few rows of
/// each commit lie beside each other, and a page is written once however many of its rows change.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In order; applied twice they do no harm.
    pub(crate) rows: Vec<RowChange>,
    /// Where the next plan begins, once the rows are applied.
    pub(crate) done: Done,
    /// Changes, records and pushes that they follow from, and how many those may be.
    pub(crate) count: usize,
    limit: usize,
}

impl Plan {
    fn left(&self) -> i64 {
        i64::try_from(self.limit.saturating_sub(self.count)).unwrap_or(i64::MAX)
    }
}

/// How far the index has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Done {
    /// The newest noted change; None: there is none.
    noted: Option<i64>,
    /// Sequences, and where they stand.
    arrived: Vec<(String, i64)>,
}

/// One row's change; ordered by table and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowChange {
    /// A record is found by a value no more, or from now on.
    Record {
        kind: i64,
        owner: String,
        field: i64,
        value: String,
        time_ms: i64,
        id: String,
        is_found: bool,
    },
    /// A push is found by its account.
    PushAccount { account: String, number: i64 },
    /// A push is found by its ordering key.
    PushKey { ordering_key: String, account: String, number: i64 },
}

/// Plans for at most so many changes, oldest first.
pub(crate) fn plan(connection: &Connection, limit: usize) -> rusqlite::Result<Plan> {
    // One snapshot for all: what a note says is compared with the record's row.
    let _snapshot = connection.unchecked_transaction()?;
    let mut plan = Plan { limit, ..Plan::default() };
    plan_noted(connection, &mut plan)?;
    for kind in INDEXED {
        plan_records(connection, &mut plan, kind)?;
    }
    plan_pushes(connection, &mut plan)?;
    plan.rows.sort_unstable();
    Ok(plan)
}

/// Entries of a record: before the first of several changes, and after the last.
#[derive(Default)]
struct Changed {
    before: Option<Entry>,
    now: Option<Entry>,
}

fn plan_noted(connection: &Connection, plan: &mut Plan) -> rusqlite::Result<()> {
    let mut changed: BTreeMap<(i64, String, String), Changed> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT seq, kind, owner, id, before_ms, before, now_ms, now \
         FROM unindexed ORDER BY seq LIMIT ?1",
    )?;
    let mut rows = statement.query([plan.left()])?;
    while let Some(row) = rows.next()? {
        plan.done.noted = Some(row.get(0)?);
        plan.count += 1;
        let entry = |at| -> rusqlite::Result<Option<Entry>> {
            let (time_ms, fields): (Option<i64>, Option<String>) = (row.get(at)?, row.get(at + 1)?);
            Ok(time_ms.zip(fields).map(|(time_ms, fields)| Entry { time_ms, fields }))
        };
        let (before, now) = (entry(4)?, entry(6)?);
        let key = (row.get(1)?, row.get(2)?, row.get(3)?);
        changed.entry(key).or_insert_with(|| Changed { before, now: None }).now = now;
    }
    for ((kind, owner, id), Changed { before, now }) in changed {
        let now = match now {
            Some(now) => Some(now),
            None => made_anew(connection, kind, &owner, &id)?,
        };
        let (old, new) = (rows_of(before.as_ref()), rows_of(now.as_ref()));
        let row = |(time_ms, field, value): &(i64, i64, String), is_found| {
            let (field, time_ms, value) = (*field, *time_ms, value.clone());
            let (owner, id) = (owner.clone(), id.clone());
            RowChange::Record { kind, owner, field, value, time_ms, id, is_found }
        };
        plan.rows
            .extend(old.iter().filter(|entry| !new.contains(entry)).map(|entry| row(entry, false)));
        plan.rows
            .extend(new.iter().filter(|entry| !old.contains(entry)).map(|entry| row(entry, true)));
    }
    Ok(())
}

/// Time, field and value of each row that finds a record.
fn rows_of(entry: Option<&Entry>) -> Vec<(i64, i64, String)> {
    let Some(Entry { time_ms, fields }) = entry else { return Vec::new() };
    // Nothing else than `fields_text` writes the column.
    let fields: Vec<(i64, String)> = serde_json::from_str(fields).unwrap_or_default();
    let every = std::iter::once((EVERY, String::new()));
    every.chain(fields).map(|(field, value)| (*time_ms, field, value)).collect()
}

/// A record that was removed and stands there again: it may have been looked at among those that have
/// arrived, and stays found by its time. What else finds it is noted behind its removal.
fn made_anew(
    connection: &Connection,
    kind: i64,
    owner: &str,
    id: &str,
) -> rusqlite::Result<Option<Entry>> {
    let Some(kind) = INDEXED.into_iter().find(|indexed| kind_number(*indexed) == Some(kind)) else {
        return Ok(None);
    };
    let key = Key { kind, owner: owner.to_owned(), id: id.to_owned() };
    let entry = entry(connection, &key)?;
    Ok(entry.map(|Entry { time_ms, .. }| Entry { time_ms, fields: NO_FIELDS.to_owned() }))
}

/// Records that have arrived are found by their time.
fn plan_records(connection: &Connection, plan: &mut Plan, kind: Kind) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT seq, owner, time_ms, id FROM {} WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
        kind.table()
    );
    let (number, sequence) = (kind_number(kind).unwrap_or_default(), arrivals(kind));
    let from = sequence::read(connection, &sequence)?;
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((from, plan.left()))?;
    let mut next = None;
    while let Some(row) = rows.next()? {
        next = Some(row.get::<_, i64>(0)? + 1);
        plan.count += 1;
        plan.rows.push(RowChange::Record {
            kind: number,
            owner: row.get(1)?,
            field: EVERY,
            value: String::new(),
            time_ms: row.get(2)?,
            id: row.get(3)?,
            is_found: true,
        });
    }
    plan.done.arrived.extend(next.map(|next| (sequence, next)));
    Ok(())
}

/// Pushes that have arrived are found by their account and their ordering key.
fn plan_pushes(connection: &Connection, plan: &mut Plan) -> rusqlite::Result<()> {
    let from = sequence::read(connection, PUSHES_INDEXED)?;
    let mut statement = connection.prepare_cached(
        "SELECT number, account, ordering_key FROM pushes WHERE number >= ?1 ORDER BY number LIMIT ?2",
    )?;
    let mut rows = statement.query((from, plan.left()))?;
    let mut next = None;
    while let Some(row) = rows.next()? {
        let (number, account): (i64, String) = (row.get(0)?, row.get(1)?);
        next = Some(number + 1);
        plan.count += 1;
        plan.rows.push(RowChange::PushAccount { account: account.clone(), number });
        plan.rows.push(RowChange::PushKey { ordering_key: row.get(2)?, account, number });
    }
    plan.done.arrived.extend(next.map(|next| (PUSHES_INDEXED.to_owned(), next)));
    Ok(())
}

/// Applies row changes. A push that was removed meanwhile is not found again.
pub(crate) fn apply(connection: &Connection, rows: &[RowChange]) -> rusqlite::Result<()> {
    for row in rows {
        match row {
            RowChange::Record { kind, owner, field, value, time_ms, id, is_found } => {
                let sql = if *is_found {
                    "INSERT INTO search (kind, owner, field, value, time_ms, id) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"
                } else {
                    "DELETE FROM search WHERE kind = ?1 AND owner = ?2 AND field = ?3 \
                     AND value = ?4 AND time_ms = ?5 AND id = ?6"
                };
                let values = params![kind, owner, field, value, time_ms, id];
                connection.prepare_cached(sql)?.execute(values)?;
            }
            RowChange::PushAccount { account, number } => {
                connection
                    .prepare_cached(
                        "INSERT INTO push_accounts (account, number) SELECT ?1, ?2 \
                         WHERE EXISTS (SELECT 1 FROM pushes WHERE number = ?2) ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![account, number])?;
            }
            RowChange::PushKey { ordering_key, account, number } => {
                connection
                    .prepare_cached(
                        "INSERT INTO push_keys (ordering_key, account, number) SELECT ?1, ?2, ?3 \
                         WHERE EXISTS (SELECT 1 FROM pushes WHERE number = ?3) ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![ordering_key, account, number])?;
            }
        }
    }
    Ok(())
}

/// Forgets what was made findable.
pub(crate) fn finish(connection: &Connection, done: &Done) -> rusqlite::Result<()> {
    if let Some(noted) = done.noted {
        connection.prepare_cached("DELETE FROM unindexed WHERE seq <= ?1")?.execute([noted])?;
    }
    for (sequence, next) in &done.arrived {
        sequence::write(connection, sequence, *next)?;
    }
    Ok(())
}
