//! The tables, and how requests stand in them.

use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::refusal::Compared;
use kaipiao_ports::request_log::{LoggedBody, LoggedRequest};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// Another version's tables are begun anew.
const VERSION: i64 = 3;

const TABLES: &str = "
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        rid TEXT NOT NULL,
        account TEXT NOT NULL,
        route TEXT NOT NULL,
        errcode TEXT NOT NULL,
        real_ms INTEGER NOT NULL,
        domain_ms INTEGER NOT NULL,
        took_us INTEGER NOT NULL,
        method TEXT NOT NULL,
        target TEXT NOT NULL,
        client TEXT NOT NULL,
        status INTEGER NOT NULL,
        orders TEXT NOT NULL,
        found_orders TEXT NOT NULL,
        named_appid TEXT NOT NULL,
        compared TEXT NOT NULL,
        request_bytes INTEGER NOT NULL,
        answer_bytes INTEGER NOT NULL,
        is_proved INTEGER NOT NULL,
        request_text TEXT,
        answer_text TEXT
    ) STRICT;
    CREATE INDEX requests_by_rid ON requests (rid);
    CREATE INDEX requests_by_account ON requests (account, id, is_proved, errcode);
    CREATE INDEX requests_by_route ON requests (route);
    CREATE INDEX requests_by_errcode ON requests (errcode);
    CREATE TABLE request_orders (
        order_id TEXT NOT NULL,
        request INTEGER NOT NULL,
        PRIMARY KEY (order_id, request)
    ) STRICT, WITHOUT ROWID;";

/// What a listing shows of a request.
const HEAD: &str = "id, rid, account, route, errcode, real_ms, domain_ms, took_us, method, target, client, status, \
                    orders, compared, request_bytes, answer_bytes, is_proved, found_orders, named_appid";

/// Makes the tables where there are none, or another version's.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "BEGIN; DROP TABLE IF EXISTS requests; DROP TABLE IF EXISTS request_orders; {TABLES}
         PRAGMA user_version = {VERSION}; COMMIT;"
    ))
}

/// A comparison as it is kept.
#[derive(Serialize, Deserialize)]
struct ComparedJson {
    name: String,
    expected: String,
    came: String,
    differs: bool,
}

fn written(compared: &[Compared]) -> String {
    let json = |one: &Compared| ComparedJson {
        name: one.name.clone(),
        expected: one.expected.clone(),
        came: one.came.clone(),
        differs: one.differs,
    };
    let all: Vec<_> = compared.iter().map(json).collect();
    serde_json::to_string(&all).expect("texts are JSON")
}

fn read(text: &str) -> Vec<Compared> {
    let all: Vec<ComparedJson> = serde_json::from_str(text).unwrap_or_default();
    let compared =
        |ComparedJson { name, expected, came, differs }| Compared { name, expected, came, differs };
    all.into_iter().map(compared).collect()
}

fn written_orders(orders: &[OrderKey]) -> String {
    let pairs: Vec<_> =
        orders.iter().map(|order| (order.merchant.as_str(), order.order_id.as_str())).collect();
    serde_json::to_string(&pairs).expect("texts are JSON")
}

fn read_orders(text: &str) -> Vec<OrderKey> {
    let pairs: Vec<(String, String)> = serde_json::from_str(text).unwrap_or_default();
    let key = |(merchant, order_id): (String, String)| {
        let order_id = OrderId::parse(&order_id).ok()?;
        Some(OrderKey { merchant: AppId::parse(&merchant)?, order_id })
    };
    pairs.into_iter().filter_map(key).collect()
}

/// Adds a request.
pub(crate) fn insert(connection: &Connection, request: &LoggedRequest) -> rusqlite::Result<()> {
    let orders = match request.order_ids.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&request.order_ids).expect("texts are JSON"),
    };
    let found_orders = match request.found_orders.is_empty() {
        true => String::new(),
        false => written_orders(&request.found_orders),
    };
    let compared = match request.compared.is_empty() {
        true => String::new(),
        false => written(&request.compared),
    };
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut insert = connection.prepare_cached(&format!(
        "INSERT INTO requests ({HEAD}, request_text, answer_text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                 ?20, ?21)"
    ))?;
    insert.execute(params![
        request.id,
        request.rid,
        request.account,
        request.route,
        request.errcode,
        request.real_ms,
        request.domain_ms,
        number(request.took_us),
        request.method,
        request.target,
        request.client,
        request.status,
        orders,
        compared,
        number(request.request.whole_bytes),
        number(request.answer.whole_bytes),
        request.is_proved,
        found_orders,
        request.named_appid,
        request.request.text,
        request.answer.text,
    ])?;
    let mut of_order = connection.prepare_cached(
        "INSERT OR IGNORE INTO request_orders (order_id, request) VALUES (?1, ?2)",
    )?;
    for order_id in &request.order_ids {
        of_order.execute(params![order_id, request.id])?;
    }
    Ok(())
}

fn head(row: &Row<'_>) -> rusqlite::Result<LoggedRequest> {
    let orders: String = row.get(12)?;
    let compared: String = row.get(13)?;
    let found_orders: String = row.get(17)?;
    let number = |at: usize| -> rusqlite::Result<u64> {
        row.get(at).map(|number: i64| u64::try_from(number).unwrap_or(0))
    };
    let body = |whole_bytes: u64| LoggedBody { text: None, whole_bytes };
    Ok(LoggedRequest {
        id: row.get(0)?,
        rid: row.get(1)?,
        account: row.get(2)?,
        route: row.get(3)?,
        errcode: row.get(4)?,
        real_ms: row.get(5)?,
        domain_ms: row.get(6)?,
        took_us: number(7)?,
        method: row.get(8)?,
        target: row.get(9)?,
        client: row.get(10)?,
        status: row.get(11)?,
        order_ids: serde_json::from_str(&orders).unwrap_or_default(),
        found_orders: read_orders(&found_orders),
        named_appid: row.get(18)?,
        compared: read(&compared),
        request: body(number(14)?),
        answer: body(number(15)?),
        is_proved: row.get(16)?,
    })
}

/// A request without its bodies; None: it has gone.
pub(crate) fn head_of(connection: &Connection, id: i64) -> rusqlite::Result<Option<LoggedRequest>> {
    let mut found =
        connection.prepare_cached(&format!("SELECT {HEAD} FROM requests WHERE id = ?1"))?;
    found.query_row([id], head).optional()
}

fn whole(row: &Row<'_>) -> rusqlite::Result<LoggedRequest> {
    let mut request = head(row)?;
    request.request.text = row.get(19)?;
    request.answer.text = row.get(20)?;
    Ok(request)
}

/// The newest request of a rid, whole.
pub(crate) fn find(connection: &Connection, rid: &str) -> rusqlite::Result<Option<LoggedRequest>> {
    let mut found = connection.prepare(&format!(
        "SELECT {HEAD}, request_text, answer_text FROM requests WHERE rid = ?1
         ORDER BY id DESC LIMIT 1"
    ))?;
    found.query_row([rid], whole).optional()
}

/// The request at a place, whole; None: it has gone.
pub(crate) fn whole_at(
    connection: &Connection,
    id: i64,
) -> rusqlite::Result<Option<LoggedRequest>> {
    let mut found = connection.prepare(&format!(
        "SELECT {HEAD}, request_text, answer_text FROM requests WHERE id = ?1"
    ))?;
    found.query_row([id], whole).optional()
}

/// The newest place that is taken; 0: none.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM requests", [], |row| row.get(0))
}

/// Removes up to so many of the oldest requests, of those before a place; how many there were.
pub(crate) fn remove_oldest(
    connection: &Connection,
    before: i64,
    most: usize,
) -> rusqlite::Result<usize> {
    let mut oldest = connection
        .prepare_cached("SELECT id, orders FROM requests WHERE id < ?1 ORDER BY id LIMIT ?2")?;
    let found =
        oldest.query_map(params![before, most as i64], |row| Ok((row.get(0)?, row.get(1)?)));
    let found: Vec<(i64, String)> = found?.collect::<Result<_, _>>()?;
    let mut request = connection.prepare_cached("DELETE FROM requests WHERE id = ?1")?;
    let mut of_order = connection
        .prepare_cached("DELETE FROM request_orders WHERE order_id = ?1 AND request = ?2")?;
    for (id, orders) in &found {
        let orders: Vec<String> = serde_json::from_str(orders).unwrap_or_default();
        for order_id in orders {
            of_order.execute(params![order_id, id])?;
        }
        request.execute([id])?;
    }
    Ok(found.len())
}
