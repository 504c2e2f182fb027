//! Listings: pages by key, time or field. Each seeks to where its page begins.

use super::statements::{kind_number, term};
use crate::bucket::bucket;
use kaipiao_ports::record::{Body, Key, Stored};
use kaipiao_ports::store::{After, ListBy, Listed, Page, PageOrder};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

type Value = Box<dyn ToSql + Sync + Send>;

/// A statement and its values.
#[derive(Default)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Query {
    /// Adds a value, and returns its place in the statement.
    pub(crate) fn value(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}

/// A text to compare stored ones with. None of them holds a NUL, which PostgreSQL's texts have no place for; what was
/// sent with one is nobody's, and in the order of texts lies beside U+0001.
pub(crate) fn compared(text: &str) -> String {
    text.replace('\0', "\u{1}")
}

/// The statement of a page. Its rows are read with [`listed`].
pub(crate) fn query(page: &Page) -> Query {
    let mut query = Query::default();
    let table = page.kind.table();
    let (behind, direction) = match page.order {
        PageOrder::Ascending => (">", "ASC"),
        PageOrder::Descending => ("<", "DESC"),
    };
    let (from, order) = match &page.by {
        ListBy::All => {
            let mut from = format!("0::bigint AS at_ms FROM {table} r WHERE r.body IS NOT NULL");
            if let Some(After { owner, id, .. }) = &page.after {
                let bucket = query.value(bucket(owner));
                let (owner, id) = (query.value(compared(owner)), query.value(compared(id)));
                from +=
                    &format!(" AND (r.bucket, r.owner, r.id) {behind} ({bucket}, {owner}, {id})");
            }
            (from, format!("r.bucket {direction}, r.owner {direction}, r.id {direction}"))
        }
        ListBy::Key { owner: None } => {
            let mut from = format!("0::bigint AS at_ms FROM {table} r WHERE r.body IS NOT NULL");
            if let Some(After { owner, id, .. }) = &page.after {
                let place = (query.value(compared(owner)), query.value(compared(id)));
                from += &format!(" AND (r.owner, r.id) {behind} ({}, {})", place.0, place.1);
            }
            (from, format!("r.owner {direction}, r.id {direction}"))
        }
        ListBy::Key { owner: Some(owner) } => {
            let of = (query.value(bucket(owner)), query.value(compared(owner)));
            let mut from = format!(
                "0::bigint AS at_ms FROM {table} r \
                 WHERE r.bucket = {} AND r.owner = {} AND r.body IS NOT NULL",
                of.0, of.1
            );
            match &page.after {
                Some(After { owner: after, id, .. }) if after == owner => {
                    from += &format!(" AND r.id {behind} {}", query.value(compared(id)));
                }
                Some(After { owner: after, .. }) => {
                    from += &format!(" AND r.owner {behind} {}", query.value(compared(after)));
                }
                None => {}
            }
            (from, format!("r.id {direction}"))
        }
        ListBy::Time { owner, from_ms, to_ms } if page.kind.has_time() => {
            let of = (query.value(bucket(owner)), query.value(compared(owner)));
            let between = (query.value(*from_ms), query.value(*to_ms));
            let mut from = format!(
                "r.time_ms AS at_ms FROM {table} r \
                 WHERE r.bucket = {} AND r.owner = {} AND r.body IS NOT NULL \
                 AND r.time_ms BETWEEN {} AND {}",
                of.0, of.1, between.0, between.1
            );
            if let Some(After { time_ms, id, .. }) = &page.after {
                let place = (query.value(*time_ms), query.value(compared(id)));
                from += &format!(" AND (r.time_ms, r.id) {behind} ({}, {})", place.0, place.1);
            }
            (from, format!("r.time_ms {direction}, r.id {direction}"))
        }
        ListBy::Field { owner, field, value, within_ms } if kind_number(page.kind).is_some() => {
            let of = (query.value(bucket(owner)), query.value(compared(owner)));
            let kind = query.value(kind_number(page.kind));
            let term = query.value(compared(&term(*field, value)));
            let mut from = format!(
                "s.time_ms AS at_ms FROM search s JOIN {table} r \
                 ON r.bucket = s.bucket AND r.owner = s.owner AND r.id = s.id \
                 WHERE s.bucket = {0} AND r.bucket = {0} AND s.owner = {1} \
                 AND s.kind = {kind} AND s.term = {term} AND r.body IS NOT NULL",
                of.0, of.1
            );
            if let Some((from_ms, to_ms)) = within_ms {
                let between = (query.value(*from_ms), query.value(*to_ms));
                from += &format!(" AND s.time_ms BETWEEN {} AND {}", between.0, between.1);
            }
            if let Some(After { time_ms, id, .. }) = &page.after {
                let place = (query.value(*time_ms), query.value(compared(id)));
                from += &format!(" AND (s.time_ms, s.id) {behind} ({}, {})", place.0, place.1);
            }
            (from, format!("s.time_ms {direction}, s.id {direction}"))
        }
        // A kind without times or fields is in no such listing.
        ListBy::Time { .. } | ListBy::Field { .. } => {
            (format!("0::bigint AS at_ms FROM {table} r WHERE false"), "r.id".to_owned())
        }
    };
    let limit = query.value(i64::try_from(page.limit).unwrap_or(i64::MAX));
    query.sql =
        format!("SELECT r.owner, r.id, r.version, r.body, {from} ORDER BY {order} LIMIT {limit}");
    query
}

pub(crate) fn listed(page: &Page, row: &Row) -> Listed {
    let key = Key { kind: page.kind, owner: row.get(0), id: row.get(1) };
    let body = Body::new(row.get::<_, String>(3));
    Listed { stored: Stored { key, version: row.get(2), body }, time_ms: row.get(4) }
}
