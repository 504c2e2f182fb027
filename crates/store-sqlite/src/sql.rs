//! The statements. A table's name is a constant of [`Kind`]; everything else is bound.

use kaipiao_seams::store::{Expect, Key, Kind, Page, PageOrder, Save, Stored, Version};
use rusqlite::{Connection, OptionalExtension, Row};

/// Reads one record.
pub(crate) fn read(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Stored>> {
    let sql = format!(
        "SELECT owner, id, version, body FROM {} WHERE owner = ?1 AND id = ?2",
        key.kind.table()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row((&key.owner, &key.id), |row| stored(key.kind, row)).optional()
}

/// Reads a page.
pub(crate) fn list(connection: &Connection, page: &Page) -> rusqlite::Result<Vec<Stored>> {
    let columns = format!("SELECT owner, id, version, body FROM {}", page.kind.table());
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let (owner, id) = page.after.clone().unwrap_or_default();
    let is_first = page.after.is_none();
    let rest = match page.order {
        PageOrder::Ascending => "(?4 OR (owner, id) > (?1, ?2)) ORDER BY owner, id LIMIT ?3",
        PageOrder::Descending => {
            "(?4 OR (owner, id) < (?1, ?2)) ORDER BY owner DESC, id DESC LIMIT ?3"
        }
    };
    match &page.owner {
        None => {
            let mut statement = connection.prepare_cached(&format!("{columns} WHERE {rest}"))?;
            let rows =
                statement.query_map((owner, id, limit, is_first), |row| stored(page.kind, row))?;
            rows.collect()
        }
        Some(of) => {
            let sql = format!("{columns} WHERE owner = ?5 AND {rest}");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement
                .query_map((owner, id, limit, is_first, of), |row| stored(page.kind, row))?;
            rows.collect()
        }
    }
}

fn stored(kind: Kind, row: &Row<'_>) -> rusqlite::Result<Stored> {
    let key = Key { kind, owner: row.get(0)?, id: row.get(1)? };
    let body: String = row.get(3)?;
    Ok(Stored { key, version: row.get(2)?, body: body.into() })
}

/// Writes one save. Returns the record's new version, 0 when it is removed; None: the expectation
/// does not hold.
pub(crate) fn save(connection: &Connection, save: &Save) -> rusqlite::Result<Option<Version>> {
    let Save { key, expect, body } = save;
    let Some(body) = body else { return remove(connection, key, *expect) };
    let table = key.kind.table();
    // RETURNING costs a table of its own for each statement; where the version follows from what
    // was expected, a count of rows says as much.
    let changes_one = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(params).map(|rows| rows == 1)
    };
    match expect {
        Expect::Absent => {
            let sql = format!(
                "INSERT INTO {table} (owner, id, version, body) VALUES (?1, ?2, 1, ?3) \
                 ON CONFLICT DO NOTHING"
            );
            let is_saved = changes_one(&sql, &[&key.owner, &key.id, body])?;
            Ok(is_saved.then_some(1))
        }
        Expect::Version(version) => {
            let sql = format!(
                "UPDATE {table} SET version = version + 1, body = ?3 \
                 WHERE owner = ?1 AND id = ?2 AND version = ?4"
            );
            let is_saved = changes_one(&sql, &[&key.owner, &key.id, body, version])?;
            Ok(is_saved.then_some(version + 1))
        }
        Expect::Any => {
            let sql = format!(
                "INSERT INTO {table} (owner, id, version, body) VALUES (?1, ?2, 1, ?3) \
                 ON CONFLICT DO UPDATE SET version = version + 1, body = excluded.body RETURNING version"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_row((&key.owner, &key.id, body), |row| row.get(0)).map(Some)
        }
    }
}

fn remove(connection: &Connection, key: &Key, expect: Expect) -> rusqlite::Result<Option<Version>> {
    let version = match expect {
        Expect::Absent => return Ok(read(connection, key)?.is_none().then_some(0)),
        Expect::Any => None,
        Expect::Version(version) => Some(version),
    };
    let sql = format!(
        "DELETE FROM {} WHERE owner = ?1 AND id = ?2 AND (?3 IS NULL OR version = ?3)",
        key.kind.table()
    );
    let removed = connection.prepare_cached(&sql)?.execute((&key.owner, &key.id, version))?;
    Ok((removed > 0 || version.is_none()).then_some(0))
}
