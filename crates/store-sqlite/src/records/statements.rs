//! Reading and writing one record. A table's name is a constant of [`Kind`]; everything else is bound.

use super::search::{self, Entry};
use kaipiao_ports::record::{Body, Expect, Key, Kind, Save, Stored, Version};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use std::sync::LazyLock;

/// A kind's statements. The versions are given by the store.
struct Statements {
    read: String,
    insert: String,
    update: String,
    upsert: String,
    remove: String,
}

static STATEMENTS: LazyLock<Vec<Statements>> =
    LazyLock::new(|| Kind::ALL.into_iter().map(Statements::of).collect());

impl Statements {
    fn of(kind: Kind) -> Self {
        let table = kind.table();
        let (mut columns, mut values, mut set) = (String::new(), String::new(), String::new());
        let mut add = |column: &str, parameter: &str, is_changed: bool| {
            columns = format!("{columns}, {column}");
            values = format!("{values}, {parameter}");
            if is_changed {
                set = format!("{set}, {column} = {parameter}");
            }
        };
        if lies_by_arrival(kind) {
            add("seq", "?3", false);
        }
        if kind.has_time() {
            // The time stays what the first save said.
            add("time_ms", "?5", false);
            add("fields", "?6", true);
        }
        if kind.can_expire() {
            add("unused_since_ms", "?7", true);
        }
        let insert = format!(
            "INSERT INTO {table} (owner, id, version, body{columns}) VALUES (?1, ?2, ?3, ?4{values})"
        );
        Self {
            read: format!(
                "SELECT owner, id, version, body FROM {table} WHERE owner = ?1 AND id = ?2"
            ),
            update: format!(
                "UPDATE {table} SET version = ?3, body = ?4{set} \
                 WHERE owner = ?1 AND id = ?2 AND version = ?8"
            ),
            upsert: format!("{insert} ON CONFLICT DO UPDATE SET version = ?3, body = ?4{set}"),
            insert: format!("{insert} ON CONFLICT DO NOTHING"),
            remove: format!(
                "DELETE FROM {table} WHERE owner = ?1 AND id = ?2 AND (?3 IS NULL OR version = ?3)"
            ),
        }
    }

    fn for_kind(kind: Kind) -> &'static Self {
        &STATEMENTS[kind as usize]
    }
}

/// Reads one record.
pub(crate) fn read(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Stored>> {
    let mut statement = connection.prepare_cached(&Statements::for_kind(key.kind).read)?;
    statement.query_row((&key.owner, &key.id), |row| stored(key.kind, row)).optional()
}

/// A row of owner, id, version and body.
pub(crate) fn stored(kind: Kind, row: &Row<'_>) -> rusqlite::Result<Stored> {
    let key = Key { kind, owner: row.get(0)?, id: row.get(1)? };
    let body: String = row.get(3)?;
    Ok(Stored { key, version: row.get(2)?, body: Body::new(body) })
}

/// Whether a kind's rows lie in the order of their arrival, not by key: it grows with the business, and
/// many owners write it at the same time.
const fn lies_by_arrival(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Order
            | Kind::InvoiceRequest
            | Kind::InvoiceContent
            | Kind::InvoiceNumber
            | Kind::EndedSession
            | Kind::Message
            | Kind::Card
            | Kind::CardCode
            | Kind::Payment
            | Kind::Refund
            | Kind::PaymentAlias
            | Kind::PlatformPdf
            | Kind::InsertedInvoice
            | Kind::TakenNumber
    )
}

/// Writes one save as this version, and notes what it changes for the index. False: the expectation does
/// not hold.
pub(crate) fn save(
    connection: &Connection,
    save: &Save,
    version: Version,
) -> rusqlite::Result<bool> {
    if !save.key.kind.has_time() {
        return write(connection, save, version, "");
    }
    let before = match save.expect {
        Expect::Absent => None,
        Expect::Version(_) | Expect::Any => search::entry(connection, &save.key)?,
    };
    let fields = search::fields_text(&save.index);
    if !write(connection, save, version, &fields)? {
        return Ok(false);
    }
    let time_ms = before.as_ref().map_or(save.index.time_ms, |before| before.time_ms);
    let now = save.body.is_some().then_some(Entry { time_ms, fields });
    search::note(connection, &save.key, before, now)?;
    Ok(true)
}

fn write(
    connection: &Connection,
    save: &Save,
    version: Version,
    fields: &str,
) -> rusqlite::Result<bool> {
    let Some(body) = &save.body else { return remove(connection, &save.key, save.expect) };
    let statements = Statements::for_kind(save.key.kind);
    let (text, index) = (body.text(), &save.index);
    let (sql, expected) = match save.expect {
        Expect::Absent => (&statements.insert, None),
        Expect::Any => (&statements.upsert, None),
        Expect::Version(expected) => (&statements.update, Some(expected)),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let values: [&dyn ToSql; 8] = [
        &save.key.owner,
        &save.key.id,
        &version,
        &text,
        &index.time_ms,
        &fields,
        &index.unused_since_ms,
        &expected,
    ];
    // A statement has as many parameters as its highest number.
    let used = statement.parameter_count();
    Ok(statement.execute(&values[..used])? == 1)
}

fn remove(connection: &Connection, key: &Key, expect: Expect) -> rusqlite::Result<bool> {
    let version = match expect {
        Expect::Absent => return Ok(read(connection, key)?.is_none()),
        Expect::Any => None,
        Expect::Version(version) => Some(version),
    };
    let sql = &Statements::for_kind(key.kind).remove;
    let removed = connection.prepare_cached(sql)?.execute(params![key.owner, key.id, version])?;
    Ok(removed > 0 || version.is_none())
}

/// Keys of records of a kind that have been unused since before this moment, `limit` of them at most.
pub(crate) fn unused(
    connection: &Connection,
    kind: Kind,
    before_ms: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Key>> {
    let table = kind.table();
    let sql = format!(
        "SELECT owner, id FROM {table} INDEXED BY {table}_unused \
         WHERE unused_since_ms < ?1 ORDER BY unused_since_ms LIMIT ?2"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((before_ms, limit), |row| {
        Ok(Key { kind, owner: row.get(0)?, id: row.get(1)? })
    })?;
    rows.collect()
}
