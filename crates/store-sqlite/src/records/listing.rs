//! Pages of records. Each way to ask seeks to where the page begins: the last page costs what the
//! first does.

use super::search::{self, kind_number};
use super::statements::stored;
use crate::conditions::Conditions;
use crate::sequence;
use kaipiao_ports::record::{Field, Kind};
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

/// Every record of a kind.
pub(crate) fn everything(kind: Kind) -> Page {
    Page::of_all(kind, usize::MAX)
}

fn statement(page: &Page) -> (String, Vec<Value>) {
    match &page.by {
        ListBy::All => by_key(page, None),
        ListBy::Key { owner } => by_key(page, owner.as_ref()),
        ListBy::Time { owner, from_ms, to_ms } => by_time(page, owner, *from_ms, *to_ms),
        ListBy::Field { owner, field, value, within_ms } => {
            by_field(page, owner, (*field, value), *within_ms)
        }
    }
}

/// The direction, and the comparison with the page's beginning.
const fn direction(order: PageOrder) -> (&'static str, &'static str) {
    match order {
        PageOrder::Ascending => ("ASC", ">"),
        PageOrder::Descending => ("DESC", "<"),
    }
}

fn limit(page: &Page) -> Value {
    i64::try_from(page.limit).unwrap_or(i64::MAX).into()
}

fn by_key(page: &Page, owner: Option<&String>) -> (String, Vec<Value>) {
    let (direction, behind) = direction(page.order);
    let mut conditions = Conditions::default();
    if let Some(owner) = owner {
        conditions.add("owner = ?", [owner.clone().into()]);
    }
    behind_key(&mut conditions, owner, page.after.as_ref(), behind);
    let sql = format!(
        "SELECT owner, id, version, body, 0 FROM {} WHERE {} \
         ORDER BY owner {direction}, id {direction} LIMIT ?",
        page.kind.table(),
        conditions.text()
    );
    let mut values = conditions.values;
    values.push(limit(page));
    (sql, values)
}

/// What the index has, and what has arrived since, looked through: so the newest are there at once.
fn by_time(page: &Page, owner: &str, from_ms: i64, to_ms: i64) -> (String, Vec<Value>) {
    let (direction, behind) = direction(page.order);
    let table = page.kind.table();
    let mut indexed = Conditions::default();
    let kind = kind_number(page.kind).unwrap_or_default();
    indexed.add("s.kind = ?", [kind.into()]);
    indexed.add("s.owner = ?", [owner.to_owned().into()]);
    indexed.add("s.field = ? AND s.value = ''", [search::EVERY.into()]);
    indexed.add("s.time_ms BETWEEN ? AND ?", [from_ms.into(), to_ms.into()]);
    behind_time(&mut indexed, "s.", page.after.as_ref(), behind);
    let mut arrived = Conditions::default();
    let sequence = search::arrivals(page.kind);
    arrived.add(sequence::reached("seq"), [sequence.into()]);
    arrived.add("owner = ?", [owner.to_owned().into()]);
    arrived.add("time_ms BETWEEN ? AND ?", [from_ms.into(), to_ms.into()]);
    behind_time(&mut arrived, "", page.after.as_ref(), behind);
    let sql = format!(
        "SELECT owner, id, version, body, time_ms FROM {table} WHERE seq IN \
         (SELECT seq FROM (SELECT r.seq FROM search s CROSS JOIN {table} r \
                           ON r.owner = s.owner AND r.id = s.id AND r.time_ms = s.time_ms \
                           WHERE {} ORDER BY s.time_ms {direction}, s.id {direction} LIMIT ?) \
          UNION ALL SELECT seq FROM {table} NOT INDEXED WHERE {}) \
         ORDER BY time_ms {direction}, id {direction} LIMIT ?",
        indexed.text(),
        arrived.text()
    );
    let mut values = indexed.values;
    values.push(limit(page));
    values.extend(arrived.values);
    values.push(limit(page));
    (sql, values)
}

fn by_field(
    page: &Page,
    owner: &str,
    (field, value): (Field, &str),
    within_ms: Option<(i64, i64)>,
) -> (String, Vec<Value>) {
    let (direction, behind) = direction(page.order);
    let mut conditions = Conditions::default();
    let kind = kind_number(page.kind).unwrap_or_default();
    conditions.add("s.kind = ?", [kind.into()]);
    conditions.add("s.owner = ?", [owner.to_owned().into()]);
    conditions.add("s.field = ?", [field.number().into()]);
    conditions.add("s.value = ?", [value.to_owned().into()]);
    if let Some((from_ms, to_ms)) = within_ms {
        conditions.add("s.time_ms BETWEEN ? AND ?", [from_ms.into(), to_ms.into()]);
    }
    behind_time(&mut conditions, "s.", page.after.as_ref(), behind);
    let sql = format!(
        "SELECT r.owner, r.id, r.version, r.body, s.time_ms \
         FROM search s CROSS JOIN {} r ON r.owner = s.owner AND r.id = s.id \
         WHERE {} ORDER BY s.time_ms {direction}, s.id {direction} LIMIT ?",
        page.kind.table(),
        conditions.text()
    );
    let mut values = conditions.values;
    values.push(limit(page));
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
    use std::path::Path;

    /// What SQLite says of how it finds a page.
    fn plan(page: &Page) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations::apply(&mut connection, Path::new("test")).unwrap();
        let (sql, values) = statement(page);
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
        let plan = rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ");
        assert!(plan.contains("SEARCH") || page.after.is_none(), "{plan}");
        plan
    }

    /// Nothing is sorted: what is found is in the listing's order.
    fn sorted_plan(page: &Page) -> String {
        let plan = plan(page);
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        plan
    }

    fn both_ways(by: &ListBy, after: Option<&After>, kind: Kind) -> [String; 2] {
        [PageOrder::Ascending, PageOrder::Descending].map(|order| {
            let page = Page { kind, by: by.clone(), after: after.cloned(), order, limit: 10 };
            if matches!(by, ListBy::Time { .. }) { plan(&page) } else { sorted_plan(&page) }
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

    /// A page of the index is read in its order, what has arrived since is looked through; only these
    /// few are sorted.
    #[test]
    fn a_listing_by_time_seeks() {
        let by = ListBy::Time { owner: "wx1".to_owned(), from_ms: 1, to_ms: 9 };
        let after = After { time_ms: 5, owner: "wx1".to_owned(), id: "9".to_owned() };
        for kind in Kind::ALL.into_iter().filter(|kind| kind.has_time()) {
            let [first, last] = both_ways(&by, None, kind);
            let [behind, before] = both_ways(&by, Some(&after), kind);
            for (plan, place) in [
                (first, "time_ms>? AND time_ms<?"),
                (last, "time_ms>? AND time_ms<?"),
                (behind, "(time_ms,id)>(?,?) AND time_ms<?"),
                (before, "time_ms>? AND (time_ms,id)<(?,?)"),
            ] {
                let indexed =
                    "s USING PRIMARY KEY (kind=? AND owner=? AND field=? AND value=? AND ";
                assert!(plan.contains(&format!("{indexed}{place})")), "{plan}");
                let arrived =
                    format!("SEARCH {} USING INTEGER PRIMARY KEY (rowid>?)", kind.table());
                assert!(plan.contains(&arrived), "{plan}");
                assert!(!plan.contains("SCAN orders") && !plan.contains("SCAN s"), "{plan}");
                assert_eq!(plan.matches("TEMP B-TREE").count(), 1, "{plan}");
            }
        }
    }

    #[test]
    fn a_listing_by_each_field_seeks() {
        let after = After { time_ms: 5, owner: "wx1".to_owned(), id: "9".to_owned() };
        for kind in Kind::ALL {
            for field in kind.fields() {
                let (owner, value) = ("wx1".to_owned(), "v".to_owned());
                let by = |within_ms| {
                    let (owner, value) = (owner.clone(), value.clone());
                    ListBy::Field { owner, field: *field, value, within_ms }
                };
                let [up, down] = both_ways(&by(Some((1, 9))), Some(&after), kind);
                assert!(up.contains("value=? AND (time_ms,id)>(?,?) AND time_ms<?"), "{up}");
                assert!(down.contains("value=? AND time_ms>? AND (time_ms,id)<(?,?)"), "{down}");
                for plan in both_ways(&by(None), Some(&after), kind) {
                    let found = "(kind=? AND owner=? AND field=? AND value=? AND (time_ms,id)";
                    assert!(plan.contains(found), "{plan}");
                    let key = format!(
                        "r USING INDEX sqlite_autoindex_{}_1 (owner=? AND id=?)",
                        kind.table()
                    );
                    assert!(plan.contains(&key), "{plan}");
                }
            }
        }
        assert_eq!(Field::from_number(7), None);
    }
}
