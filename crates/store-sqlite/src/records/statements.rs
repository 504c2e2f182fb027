//! Reading and writing one record. A table's name is a constant of [`Kind`]; everything else is bound.

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
        // ?5 is the time, which stays what the first save said, ?6 since when it is unused.
        let time = if kind.has_time() { [", time_ms", ", ?5"] } else { ["", ""] };
        let unused = if kind.can_expire() { [", unused_since_ms", ", ?6"] } else { ["", ""] };
        let set_unused = if kind.can_expire() { ", unused_since_ms = ?6" } else { "" };
        let insert = format!(
            "INSERT INTO {table} (owner, id, version, body{}{}) VALUES (?1, ?2, ?3, ?4{}{})",
            time[0], unused[0], time[1], unused[1]
        );
        Self {
            read: format!(
                "SELECT owner, id, version, body FROM {table} WHERE owner = ?1 AND id = ?2"
            ),
            update: format!(
                "UPDATE {table} SET version = ?3, body = ?4{set_unused} \
                 WHERE owner = ?1 AND id = ?2 AND version = ?7"
            ),
            upsert: format!(
                "{insert} ON CONFLICT DO UPDATE SET version = ?3, body = ?4{set_unused}"
            ),
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

/// Writes one save as this version. False: the expectation does not hold.
pub(crate) fn save(
    connection: &Connection,
    save: &Save,
    version: Version,
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
    let values: [&dyn ToSql; 7] = [
        &save.key.owner,
        &save.key.id,
        &version,
        &text,
        &index.time_ms,
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

/// Removes records of a kind that have been unused since before this moment, `limit` of them at most.
/// Returns their keys.
pub(crate) fn remove_unused(
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
    let keys: Vec<_> = rows.collect::<Result<_, _>>()?;
    for key in &keys {
        remove(connection, key, Expect::Any)?;
    }
    Ok(keys)
}
