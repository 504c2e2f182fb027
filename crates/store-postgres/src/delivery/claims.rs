//! Claims: columns of the work's row. They lapse by the database's clock, which all nodes share.

use crate::records::statements::STAMP;
use core::time::Duration;
use kaipiao_ports::delivery::claims::{ClaimToken, Queue};

/// What lets go of work.
pub(crate) const FREE: &str =
    "claim_serial = NULL, claim_node = NULL, claimed_at = NULL, lapses_at = NULL";
/// Whether nobody holds the work.
pub(crate) const IS_FREE: &str = "(lapses_at IS NULL OR lapses_at <= statement_timestamp())";

/// Far enough that nobody sees it.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What takes work: the serial, the node, and for how many milliseconds.
pub(crate) fn take_sql(serial: &str, node: &str, lapses_in_ms: &str) -> String {
    format!(
        "claim_serial = {serial}, claim_node = {node}, claimed_at = statement_timestamp(), \
         lapses_at = {}",
        lapse_sql(lapses_in_ms)
    )
}

fn lapse_sql(lapses_in_ms: &str) -> String {
    format!("statement_timestamp() + {lapses_in_ms}::bigint::float8 * interval '1 millisecond'")
}

/// Whether the claim with this serial of this node holds.
pub(crate) fn holds_sql(serial: &str, node: &str) -> String {
    format!("claim_serial = {serial} AND claim_node = {node} AND lapses_at > statement_timestamp()")
}

/// A claim's duration as statements take it.
pub(crate) fn lapses_in_ms(lapses_in: Duration) -> i64 {
    i64::try_from(lapses_in.min(FOREVER).as_millis()).unwrap_or(i64::MAX)
}

const fn table(queue: Queue) -> &'static str {
    match queue {
        Queue::Push => "pushes",
        Queue::Issue => "jobs",
    }
}

/// Which rows are work: the first pushes of their ordering keys, the jobs that have not failed.
const fn is_work(queue: Queue) -> &'static str {
    match queue {
        Queue::Push => "state = 1",
        Queue::Issue => "queue = 'issue' AND failed_ms IS NULL",
    }
}

/// Counts a queue's open work to $1: a walk along the index of what is open, in its order.
pub(crate) fn count_open_sql(queue: Queue) -> String {
    let (is_open, order) = match queue {
        Queue::Push => ("state <= 1", "account, number"),
        Queue::Issue => (is_work(queue), "account, due_ms, number"),
    };
    format!(
        "SELECT count(*) FROM \
         (SELECT FROM {} WHERE {is_open} ORDER BY {order} LIMIT $1) AS open",
        table(queue)
    )
}

/// Prolongs claims to $5 milliseconds from now, but for those whose row somebody else has locked: one row that is held for
/// long would let all of a node's claims lapse.
pub(crate) fn renew_sql(queue: Queue) -> String {
    let table = table(queue);
    format!(
        "UPDATE {table} w SET lapses_at = {} FROM ({} FOR UPDATE OF w SKIP LOCKED) AS t \
         WHERE w.bucket = t.bucket AND w.number = t.number RETURNING t.number, t.serial",
        lapse_sql("$5"),
        held_sql(queue)
    )
}

/// The claims of a list that hold ($1 bucket, $2 number, $3 serial, $4 node).
pub(crate) fn held_sql(queue: Queue) -> String {
    format!(
        "SELECT t.number, t.serial, t.bucket FROM {} w \
         JOIN unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS t (bucket, number, serial) \
         ON w.bucket = t.bucket AND w.number = t.number WHERE {} AND {}",
        table(queue),
        is_work(queue),
        holds_sql("t.serial", "$4")
    )
}

/// Lets go of the claims of a list that hold ($1 bucket, $2 number, $3 serial, $4 node).
pub(crate) fn release_sql(queue: Queue) -> String {
    format!(
        "UPDATE {} w SET {FREE} FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) \
         AS t (bucket, number, serial) WHERE w.bucket = t.bucket AND w.number = t.number \
         AND {} AND {}",
        table(queue),
        is_work(queue),
        holds_sql("t.serial", "$4")
    )
}

/// Frees all claims of a node.
pub(crate) fn free_node_sql(queue: Queue) -> String {
    format!("UPDATE {} SET {FREE} WHERE claim_node = $1 AND {}", table(queue), is_work(queue))
}

/// Turns with work that nobody holds, due by $1, behind the turn ($2, $3), $4 of them at most: each turn is a seek
/// in the index, however much work it has.
pub(crate) fn due_turns_sql(queue: Queue) -> String {
    let (table, is_work) = (table(queue), is_work(queue));
    let (origin, columns) = match queue {
        Queue::Push => ("origin", "account, origin"),
        Queue::Issue => ("''::text", "account, ''::text COLLATE \"C\" AS origin"),
    };
    let (place, of_turn) = match queue {
        Queue::Push => ("(account, origin)", "w.account = t.account AND w.origin = t.origin"),
        Queue::Issue => ("(account, ''::text)", "w.account = t.account"),
    };
    let order = match queue {
        Queue::Push => format!("account, {origin}"),
        Queue::Issue => "account".to_owned(),
    };
    format!(
        "WITH RECURSIVE turns AS ( \
         (SELECT {columns} FROM {table} WHERE {is_work} AND {place} > ($2, $3) \
         ORDER BY {order} LIMIT 1) \
         UNION ALL SELECT n.account, n.origin FROM turns t, LATERAL (SELECT {columns} FROM {table} \
         WHERE {is_work} AND {place} > (t.account, t.origin) ORDER BY {order} LIMIT 1) n) \
         SELECT t.account, t.origin, d.due_ms FROM turns t, LATERAL (SELECT w.due_ms FROM {table} w \
         WHERE {of_turn} AND {is_work} AND {IS_FREE} ORDER BY w.due_ms LIMIT 1) d \
         WHERE d.due_ms <= $1 LIMIT $4"
    )
}

/// Claims as the columns of a list.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) buckets: Vec<i16>,
    pub(crate) numbers: Vec<i64>,
    pub(crate) serials: Vec<i64>,
}

impl Tokens {
    pub(crate) fn of(tokens: &[ClaimToken]) -> Self {
        let mut columns = Self::default();
        for token in tokens {
            columns.buckets.push(crate::bucket::bucket_of_number(token.number));
            columns.numbers.push(token.number);
            columns.serials.push(stored_serial(token.serial));
        }
        columns
    }
}

pub(crate) fn stored_serial(serial: u64) -> i64 {
    i64::try_from(serial).unwrap_or(i64::MAX)
}

/// Serials of a node's claims: the moment at which it got its name, counted up. Of two processes that had the name
/// one after the other, the later one is ahead of all that the earlier one gave out.
pub(crate) const FIRST_SERIAL: &str = STAMP;
