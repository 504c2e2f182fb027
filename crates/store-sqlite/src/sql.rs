//! The statements. A table's name is a constant of [`Kind`]; everything else is bound.

use kaipiao_ports::store::{Expect, Key, Kind, Page, PageOrder, Save, Stored, Version};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// Reads one record.
pub(crate) fn read(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Stored>> {
    let sql = format!(
        "SELECT owner, id, version, body FROM {} WHERE owner = ?1 AND id = ?2",
        key.kind.table()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row((&key.owner, &key.id), |row| stored(key.kind, row)).optional()
}

/// Reads a page. Each way to ask seeks to where it begins: the last page costs what the first does.
pub(crate) fn list(connection: &Connection, page: &Page) -> rusqlite::Result<Vec<Stored>> {
    let (sql, values) = list_statement(page);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| stored(page.kind, row))?;
    rows.collect()
}

fn list_statement(page: &Page) -> (String, Vec<Value>) {
    let (direction, behind) = match page.order {
        PageOrder::Ascending => ("ASC", ">"),
        PageOrder::Descending => ("DESC", "<"),
    };
    let (mut conditions, mut values) = (Vec::new(), Vec::<Value>::new());
    let mut add = |condition: String, with: Vec<Value>| {
        conditions.push(condition);
        values.extend(with);
    };
    if let Some(owner) = &page.owner {
        add("owner = ?".to_owned(), vec![owner.clone().into()]);
    }
    match &page.after {
        None => {}
        // The pair alone would find the owner's first, and read up to where the page begins.
        Some((owner, id)) if page.owner.as_ref() == Some(owner) => {
            add(format!("id {behind} ?"), vec![id.clone().into()]);
        }
        Some((owner, id)) => {
            let pair = vec![owner.clone().into(), id.clone().into()];
            add(format!("(owner, id) {behind} (?, ?)"), pair);
        }
    }
    let condition =
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    values.push(i64::try_from(page.limit).unwrap_or(i64::MAX).into());
    let table = page.kind.table();
    let sql = format!(
        "SELECT owner, id, version, body FROM {table} WHERE {condition} \
         ORDER BY owner {direction}, id {direction} LIMIT ?"
    );
    (sql, values)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What SQLite says of how it finds a page.
    fn plan(owner: Option<&str>, after: bool, order: PageOrder) -> String {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../migrations/0001_records.sql")).unwrap();
        let page = Page {
            kind: Kind::Order,
            owner: owner.map(str::to_owned),
            after: after.then(|| ("wx1".to_owned(), "9".to_owned())),
            order,
            limit: 10,
        };
        let (sql, values) = list_statement(&page);
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_page_seeks_to_where_it_begins() {
        for (order, sign) in [(PageOrder::Ascending, ">"), (PageOrder::Descending, "<")] {
            let found = plan(Some("wx1"), true, order);
            assert!(found.contains(&format!("(owner=? AND id{sign}?)")), "{found}");
            let found = plan(Some("wx1"), false, order);
            assert!(found.contains("(owner=?)") && !found.contains("TEMP B-TREE"), "{found}");
            let found = plan(None, true, order);
            assert!(found.contains("SEARCH") && !found.contains("TEMP B-TREE"), "{found}");
        }
    }
}
