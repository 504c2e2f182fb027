//! Pages of records. Each way to ask seeks to where the page begins: the last page costs what the
//! first does.

use super::search::kind_number;
use super::statements::stored;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, ListBy, Listed, Page, PageOrder};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Reads a page.
pub(crate) fn list(connection: &Connection, page: &Page) -> rusqlite::Result<Vec<Listed>> {
    let (sql, values) = statement(page);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok(Listed { stored: stored(page.kind, row)?, time_ms: row.get(4)? })
    })?;
    rows.collect()
}

/// Every record of a kind, by key.
pub(crate) fn everything(kind: Kind) -> Page {
    let by = ListBy::Key { owner: None };
    Page { kind, by, after: None, order: PageOrder::Ascending, limit: usize::MAX }
}

/// The conditions of a WHERE, and what is bound in them.
#[derive(Default)]
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, text: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.texts.push(text.into());
        self.values.extend(values);
    }

    fn text(&self) -> String {
        if self.texts.is_empty() { "true".to_owned() } else { self.texts.join(" AND ") }
    }
}

fn statement(page: &Page) -> (String, Vec<Value>) {
    let table = page.kind.table();
    let (direction, behind) = match page.order {
        PageOrder::Ascending => ("ASC", ">"),
        PageOrder::Descending => ("DESC", "<"),
    };
    let mut conditions = Conditions::default();
    let (from, time, order) = match &page.by {
        ListBy::Key { owner } => {
            if let Some(owner) = owner {
                conditions.add("owner = ?", [owner.clone().into()]);
            }
            behind_key(&mut conditions, owner.as_ref(), page.after.as_ref(), behind);
            (table.to_owned(), "0", format!("owner {direction}, id {direction}"))
        }
        ListBy::Time { owner, from_ms, to_ms } => {
            conditions.add("owner = ?", [owner.clone().into()]);
            conditions.add("time_ms BETWEEN ? AND ?", [(*from_ms).into(), (*to_ms).into()]);
            behind_time(&mut conditions, "", page.after.as_ref(), behind);
            let from = format!("{table} INDEXED BY {table}_time");
            (from, "time_ms", format!("time_ms {direction}, id {direction}"))
        }
        ListBy::Field { owner, field, value } => {
            let kind = kind_number(page.kind).unwrap_or_default();
            conditions.add("s.kind = ?", [kind.into()]);
            conditions.add("s.owner = ?", [owner.clone().into()]);
            conditions.add("s.field = ?", [field.number().into()]);
            conditions.add("s.value = ?", [value.clone().into()]);
            behind_time(&mut conditions, "s.", page.after.as_ref(), behind);
            let from =
                format!("search s CROSS JOIN {table} r ON r.owner = s.owner AND r.id = s.id");
            (from, "s.time_ms", format!("s.time_ms {direction}, s.id {direction}"))
        }
    };
    let columns = match page.by {
        ListBy::Field { .. } => "r.owner, r.id, r.version, r.body",
        ListBy::Key { .. } | ListBy::Time { .. } => "owner, id, version, body",
    };
    let condition = conditions.text();
    let mut values = conditions.values;
    values.push(i64::try_from(page.limit).unwrap_or(i64::MAX).into());
    let sql =
        format!("SELECT {columns}, {time} FROM {from} WHERE {condition} ORDER BY {order} LIMIT ?");
    (sql, values)
}

fn behind_key(
    conditions: &mut Conditions,
    owner: Option<&String>,
    after: Option<&After>,
    behind: &str,
) {
    let Some(after) = after else { return };
    if owner == Some(&after.owner) {
        // The pair alone would find the owner's first, and read up to where the page begins.
        conditions.add(format!("id {behind} ?"), [after.id.clone().into()]);
    } else {
        let pair = [after.owner.clone().into(), after.id.clone().into()];
        conditions.add(format!("(owner, id) {behind} (?, ?)"), pair);
    }
}

fn behind_time(conditions: &mut Conditions, table: &str, after: Option<&After>, behind: &str) {
    let Some(after) = after else { return };
    let pair = [after.time_ms.into(), after.id.clone().into()];
    conditions.add(format!("({table}time_ms, {table}id) {behind} (?, ?)"), pair);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;
    use kaipiao_ports::record::Field;
    use std::path::Path;

    /// What SQLite says of how it finds a page.
    fn plan(page: &Page) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations::apply(&mut connection, Path::new("test")).unwrap();
        let (sql, values) = statement(page);
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
        let plan = rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        assert!(plan.contains("SEARCH") || page.after.is_none(), "{plan}");
        plan
    }

    fn both_ways(by: &ListBy, after: Option<&After>, kind: Kind) -> [String; 2] {
        [PageOrder::Ascending, PageOrder::Descending].map(|order| {
            plan(&Page { kind, by: by.clone(), after: after.cloned(), order, limit: 10 })
        })
    }

    #[test]
    fn a_listing_by_key_seeks() {
        let own = ListBy::Key { owner: Some("wx1".to_owned()) };
        let after = After::key("wx1", "9");
        let [up, down] = both_ways(&own, Some(&after), Kind::Order);
        assert!(up.contains("(owner=? AND id>?)"), "{up}");
        assert!(down.contains("(owner=? AND id<?)"), "{down}");
        both_ways(&own, None, Kind::Order);
        both_ways(&ListBy::Key { owner: None }, Some(&after), Kind::Order);
    }

    #[test]
    fn a_listing_by_time_seeks() {
        let by = ListBy::Time { owner: "wx1".to_owned(), from_ms: 1, to_ms: 9 };
        let after = After { time_ms: 5, owner: "wx1".to_owned(), id: "9".to_owned() };
        for kind in Kind::ALL.into_iter().filter(|kind| kind.has_time()) {
            for plan in
                both_ways(&by, None, kind).into_iter().chain(both_ways(&by, Some(&after), kind))
            {
                assert!(plan.contains("_time (owner=? AND time_ms>? AND time_ms<?)"), "{plan}");
            }
        }
    }

    #[test]
    fn a_listing_by_each_field_seeks() {
        let after = After { time_ms: 5, owner: "wx1".to_owned(), id: "9".to_owned() };
        for kind in Kind::ALL {
            for field in kind.fields() {
                let (owner, value) = ("wx1".to_owned(), "v".to_owned());
                let by = ListBy::Field { owner, field: *field, value };
                for plan in both_ways(&by, Some(&after), kind) {
                    let found = "(kind=? AND owner=? AND field=? AND value=? AND (time_ms,id)";
                    assert!(plan.contains(found), "{plan}");
                    assert!(plan.contains("r USING PRIMARY KEY (owner=? AND id=?)"), "{plan}");
                }
            }
        }
        assert_eq!(Field::from_number(7), None);
    }
}
