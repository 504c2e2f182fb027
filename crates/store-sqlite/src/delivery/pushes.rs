//! The outbox's statements.

use crate::conditions::Conditions;
use crate::records::search::PUSHES_INDEXED;
use crate::sequence;
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::outbox::{
    Attempt, Destination, NewBody, NewPush, Next, Push, PushId, PushQuery, PushState, StateFilter,
};
use rusqlite::types::{Type, Value};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

const OPEN: i64 = 0;

const fn completed(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Delivered => 2,
        Outcome::GaveUp => 3,
        Outcome::Unroutable => 4,
    }
}

/// The sequence that a purge writes: numbers below it were given out, whatever the table holds.
const NUMBERS: &str = "pushes";

/// The number of the next push.
pub(crate) fn next_number(connection: &Connection) -> rusqlite::Result<i64> {
    let newest: Option<i64> =
        connection.query_row("SELECT max(number) FROM pushes", [], |row| row.get(0))?;
    Ok(sequence::read(connection, NUMBERS)?.max(newest.unwrap_or(0) + 1))
}

/// A new push as the store keeps it.
pub(crate) fn numbered(new: &NewPush, number: i64, create_time_s: i64) -> Push {
    let body = match &new.body {
        NewBody::Whole(body) => body.as_str().into(),
        NewBody::Untimed { before, after } => format!("{before}{create_time_s}{after}").into(),
    };
    Push {
        id: PushId { account: new.account.clone(), number },
        destination: new.destination.clone(),
        kind: new.kind,
        ordering_key: new.ordering_key.clone(),
        openid: new.openid.clone(),
        event: new.event.to_owned(),
        create_time_s,
        body,
        committed_ms: new.now_ms,
        state: PushState::Ready { due_ms: new.now_ms },
        tries: 0,
        attempts: 0,
    }
}

/// Writes a new push.
pub(crate) fn add(connection: &Connection, push: &Push) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO pushes (number, account, url, origin, kind, ordering_key, openid, event, \
             create_time_s, body, committed_ms, state, due_ms, completed_ms, tries, attempts) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?11, 0, 0, 0)",
        )?
        .execute(params![
            push.id.number,
            push.id.account,
            push.destination.url(),
            push.destination.origin(),
            push.kind.name(),
            push.ordering_key,
            push.openid,
            push.event,
            push.create_time_s,
            &*push.body,
            push.committed_ms,
        ])
        .map(|_| ())
}

/// Writes an attempt and what follows. False: there is no such open push.
pub(crate) fn report(
    connection: &Connection,
    number: i64,
    attempt: Option<&Attempt>,
    next: Next,
) -> rusqlite::Result<bool> {
    let (state, due_ms, completed_ms) = match next {
        Next::Retry { due_ms } => (OPEN, due_ms, 0),
        Next::Complete { outcome, now_ms } => (completed(outcome), 0, now_ms),
    };
    let Some(attempt) = attempt else {
        let sql = "UPDATE pushes SET state = ?2, due_ms = ?3, completed_ms = ?4 \
                   WHERE number = ?1 AND state = 0";
        let params = params![number, state, due_ms, completed_ms];
        return Ok(connection.prepare_cached(sql)?.execute(params)? == 1);
    };
    let Attempt { started_ms, took_ms, status, problem, excerpt } = attempt;
    let first = "UPDATE pushes SET state = ?2, due_ms = ?3, completed_ms = ?4, \
                 tries = tries + 1, attempts = 1, first_started_ms = ?5, first_took_ms = ?6, \
                 first_status = ?7, first_problem = ?8, first_excerpt = ?9 \
                 WHERE number = ?1 AND state = 0 AND attempts = 0";
    let values =
        params![number, state, due_ms, completed_ms, started_ms, took_ms, status, problem, excerpt];
    if connection.prepare_cached(first)?.execute(values)? == 1 {
        return Ok(true);
    }
    let further = "UPDATE pushes SET state = ?2, due_ms = ?3, completed_ms = ?4, \
                   tries = tries + 1, attempts = attempts + 1 \
                   WHERE number = ?1 AND state = 0 RETURNING attempts";
    let attempts: Option<i64> = connection
        .prepare_cached(further)?
        .query_row(params![number, state, due_ms, completed_ms], |row| row.get(0))
        .optional()?;
    let Some(attempts) = attempts else { return Ok(false) };
    connection
        .prepare_cached(
            "INSERT INTO push_attempts \
             (number, attempt, started_ms, took_ms, status, problem, excerpt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![number, attempts, started_ms, took_ms, status, problem, excerpt])?;
    Ok(true)
}

/// Sets since when an open push is due.
pub(crate) fn set_due(connection: &Connection, number: i64, due_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE pushes SET due_ms = ?2 WHERE number = ?1")?
        .execute((number, due_ms))
        .map(|_| ())
}

/// Opens a completed push again, due now. None: there is none with this name; false: it is open.
pub(crate) fn replay(
    connection: &Connection,
    id: &PushId,
    now_ms: i64,
) -> rusqlite::Result<Option<bool>> {
    let state: Option<i64> = connection
        .prepare_cached("SELECT state FROM pushes WHERE number = ?1 AND account = ?2")?
        .query_row(params![id.number, id.account], |row| row.get(0))
        .optional()?;
    let Some(state) = state else { return Ok(None) };
    if state == OPEN {
        return Ok(Some(false));
    }
    connection
        .prepare_cached(
            "UPDATE pushes SET state = 0, tries = 0, completed_ms = 0, due_ms = ?2 \
             WHERE number = ?1",
        )?
        .execute((id.number, now_ms))?;
    Ok(Some(true))
}

const COLUMNS: &str = "number, account, url, origin, kind, ordering_key, openid, event, \
                       create_time_s, body, committed_ms, state, due_ms, completed_ms, tries, attempts";
const FIRST_ATTEMPT: &str =
    "first_started_ms, first_took_ms, first_status, first_problem, first_excerpt";

/// One push.
pub(crate) fn read(connection: &Connection, number: i64) -> rusqlite::Result<Option<Push>> {
    let sql = format!("SELECT {COLUMNS} FROM pushes WHERE number = ?1");
    connection.prepare_cached(&sql)?.query_row([number], push).optional()
}

/// All open pushes, in the order of their numbers.
pub(crate) fn open(connection: &Connection) -> rusqlite::Result<Vec<Push>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM pushes INDEXED BY pushes_open WHERE state = 0 ORDER BY number"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], push)?;
    rows.collect()
}

/// A page of a listing, each push with its attempts.
pub(crate) fn list(
    connection: &Connection,
    query: &PushQuery,
) -> rusqlite::Result<Vec<(Push, Vec<Attempt>)>> {
    let (sql, values) = statement(query);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params_from_iter(values), |row| Ok((push(row)?, first_attempt(row)?)))?;
    with_further_attempts(connection, rows.collect::<Result<Vec<_>, _>>()?)
}

/// Pushes behind a number, in the order of their numbers, each with its attempts.
pub(crate) fn from_number(
    connection: &Connection,
    after: i64,
    limit: i64,
) -> rusqlite::Result<Vec<(Push, Vec<Attempt>)>> {
    let sql = format!(
        "SELECT {COLUMNS}, {FIRST_ATTEMPT} FROM pushes WHERE number > ?1 ORDER BY number LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((after, limit), |row| Ok((push(row)?, first_attempt(row)?)))?;
    with_further_attempts(connection, rows.collect::<Result<Vec<_>, _>>()?)
}

fn with_further_attempts(
    connection: &Connection,
    mut found: Vec<(Push, Vec<Attempt>)>,
) -> rusqlite::Result<Vec<(Push, Vec<Attempt>)>> {
    for (push, attempts) in &mut found {
        if push.attempts > 1 {
            attempts.extend(further_attempts(connection, push.id.number)?);
        }
    }
    Ok(found)
}

/// The listing's statement.
fn statement(query: &PushQuery) -> (String, Vec<Value>) {
    let mut conditions = Conditions::default();
    if let Some(account) = &query.account {
        conditions.add("p.account = ?", [account.clone().into()]);
    }
    let by_state = match query.state {
        None => None,
        Some(StateFilter::Open) => {
            conditions.add("p.state = 0", []);
            Some("pushes_open")
        }
        Some(StateFilter::Completed(Outcome::Delivered)) => {
            conditions.add("p.state = 2", []);
            None
        }
        Some(StateFilter::Completed(outcome)) => {
            conditions.add("p.state >= 3 AND p.state = ?", [completed(outcome).into()]);
            Some("pushes_lost")
        }
    };
    behind(&mut conditions, "p", query);
    let limit: Value = i64::try_from(query.limit).unwrap_or(i64::MAX).into();
    let (from, mut values) = match (&*query.ordering_keys, by_state) {
        ([], Some(index)) => (format!("pushes p INDEXED BY {index} WHERE true"), Vec::new()),
        ([], None) => by_account(query, &conditions, &limit),
        (keys, _) => by_ordering_keys(keys),
    };
    let sql = format!(
        "SELECT {COLUMNS}, {FIRST_ATTEMPT} FROM {from} AND {} \
         ORDER BY p.account DESC, p.number DESC LIMIT ?",
        conditions.text()
    );
    values.extend(conditions.values);
    values.push(limit);
    (sql, values)
}

fn by_ordering_keys(keys: &[String]) -> (String, Vec<Value>) {
    // Pushes that have arrived since the index was filled are few, and looked through.
    let arrived = sequence::reached("number");
    let places = vec!["?"; keys.len()].join(", ");
    let from = format!(
        "pushes p WHERE p.number IN (SELECT number FROM push_keys WHERE ordering_key IN ({places}) \
         UNION ALL SELECT number FROM pushes WHERE {arrived} AND ordering_key IN ({places}))"
    );
    let keys = || keys.iter().cloned().map(Value::from);
    (from, keys().chain([PUSHES_INDEXED.to_owned().into()]).chain(keys()).collect())
}

/// A page of the index, and what has arrived since.
fn by_account(query: &PushQuery, conditions: &Conditions, limit: &Value) -> (String, Vec<Value>) {
    let mut place = Conditions::default();
    if let Some(account) = &query.account {
        place.add("push_accounts.account = ?", [account.clone().into()]);
    }
    behind(&mut place, "push_accounts", query);
    let arrived = sequence::reached("number");
    let state = if query.state.is_some() { "p.state = 2" } else { "true" };
    let from = format!(
        "pushes p WHERE p.number IN (SELECT number FROM \
         (SELECT p.number FROM push_accounts CROSS JOIN pushes p \
          ON p.number = push_accounts.number AND {state} WHERE {} \
          ORDER BY push_accounts.account DESC, push_accounts.number DESC LIMIT ?) \
         UNION ALL SELECT number FROM pushes p WHERE {arrived} AND {})",
        place.text(),
        conditions.text()
    );
    let mut values = place.values;
    values.push(limit.clone());
    values.push(PUSHES_INDEXED.to_owned().into());
    values.extend(conditions.values.iter().cloned());
    (from, values)
}

/// Newest first, so what is behind a push has a smaller number.
fn behind(conditions: &mut Conditions, table: &str, query: &PushQuery) {
    let Some(PushId { account, number }) = &query.after else { return };
    if query.account.as_ref() == Some(account) {
        // The pair alone would find the account's newest, and read on to where the page begins.
        conditions.add(format!("{table}.number < ?"), [(*number).into()]);
    } else {
        let pair = [account.clone().into(), (*number).into()];
        conditions.add(format!("({table}.account, {table}.number) < (?, ?)"), pair);
    }
}

fn further_attempts(connection: &Connection, number: i64) -> rusqlite::Result<Vec<Attempt>> {
    let mut statement = connection.prepare_cached(
        "SELECT started_ms, took_ms, status, problem, excerpt FROM push_attempts \
         WHERE number = ?1 ORDER BY attempt",
    )?;
    let rows = statement.query_map([number], |row| attempt(row, 0))?;
    rows.collect()
}

fn first_attempt(row: &Row<'_>) -> rusqlite::Result<Vec<Attempt>> {
    Ok(match row.get::<_, Option<i64>>(16)? {
        None => Vec::new(),
        Some(_) => vec![attempt(row, 16)?],
    })
}

fn attempt(row: &Row<'_>, from: usize) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        started_ms: row.get(from)?,
        took_ms: row.get(from + 1)?,
        status: row.get(from + 2)?,
        problem: row.get(from + 3)?,
        excerpt: row.get(from + 4)?,
    })
}

fn push(row: &Row<'_>) -> rusqlite::Result<Push> {
    let url: Option<String> = row.get(2)?;
    let kind: String = row.get(4)?;
    let body: String = row.get(9)?;
    let (state, due_ms, at_ms) = (row.get(11)?, row.get(12)?, row.get(13)?);
    let origin: String = row.get(3)?;
    Ok(Push {
        id: PushId { account: row.get(1)?, number: row.get(0)? },
        destination: match url {
            None => Destination::Callback,
            Some(url) => Destination::Fixed { url, origin },
        },
        kind: PushKind::from_name(&kind).ok_or_else(|| unknown(4, &kind))?,
        ordering_key: row.get(5)?,
        openid: row.get(6)?,
        event: row.get(7)?,
        create_time_s: row.get(8)?,
        body: body.into(),
        committed_ms: row.get(10)?,
        state: match state {
            OPEN => PushState::Ready { due_ms },
            other => {
                let outcome = Outcome::ALL.into_iter().find(|outcome| completed(*outcome) == other);
                let outcome = outcome.ok_or(rusqlite::Error::IntegralValueOutOfRange(11, other))?;
                PushState::Completed { outcome, at_ms }
            }
        },
        tries: row.get(14)?,
        attempts: row.get(15)?,
    })
}

fn unknown(column: usize, found: &str) -> rusqlite::Error {
    let why = format!("\"{found}\" is no kind of push");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}

/// Pushes that were replayed, and others that are not old enough at the beginning, that a purge looks past.
const MOST_REPLAYED: i64 = 4_000;

/// Removes pushes that were completed before this moment with all that belongs to them, oldest first,
/// `limit` of them at most. Returns how many it were.
pub(crate) fn purge(
    connection: &Connection,
    before_ms: i64,
    limit: usize,
) -> rusqlite::Result<usize> {
    let next = next_number(connection)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // Numbers follow the time of the commits, so what is old enough stands at the beginning; what
    // is still open there, or was replayed, is passed over. No further is looked: it would be at all, where nothing is old.
    let mut statement = connection.prepare_cached(
        "SELECT number, ordering_key, account FROM \
         (SELECT number, ordering_key, account, committed_ms, state, completed_ms FROM pushes \
          ORDER BY number LIMIT ?2 + ?3 + (SELECT count(*) FROM pushes WHERE state = 0)) \
         WHERE committed_ms < ?1 AND state > 0 AND completed_ms < ?1 LIMIT ?2",
    )?;
    let rows = statement.query_map((before_ms, limit, MOST_REPLAYED), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let old = rows.collect::<Result<Vec<_>, _>>()?;
    for (number, ordering_key, account) in &old {
        remove_one(connection, *number, ordering_key, account)?;
    }
    if !old.is_empty() {
        sequence::write(connection, NUMBERS, next)?;
    }
    Ok(old.len())
}

/// Removes pushes with all that belongs to them. Returns the numbers of those that were there.
pub(crate) fn remove(connection: &Connection, ids: &[PushId]) -> rusqlite::Result<Vec<i64>> {
    let next = next_number(connection)?;
    let mut removed = Vec::new();
    for PushId { account, number } in ids {
        let found: Option<String> = connection
            .prepare_cached("SELECT ordering_key FROM pushes WHERE number = ?1 AND account = ?2")?
            .query_row(params![number, account], |row| row.get(0))
            .optional()?;
        if let Some(ordering_key) = found {
            remove_one(connection, *number, &ordering_key, account)?;
            removed.push(*number);
        }
    }
    if !removed.is_empty() {
        sequence::write(connection, NUMBERS, next)?;
    }
    Ok(removed)
}

fn remove_one(
    connection: &Connection,
    number: i64,
    ordering_key: &str,
    account: &str,
) -> rusqlite::Result<()> {
    for sql in
        ["DELETE FROM pushes WHERE number = ?1", "DELETE FROM push_attempts WHERE number = ?1"]
    {
        connection.prepare_cached(sql)?.execute([number])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM push_keys WHERE ordering_key = ?1 AND account = ?2 AND number = ?3",
        )?
        .execute(params![ordering_key, account, number])?;
    connection
        .prepare_cached("DELETE FROM push_accounts WHERE account = ?1 AND number = ?2")?
        .execute(params![account, number])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;
    use std::path::Path;

    /// What SQLite says of how it finds a page.
    fn plan(query: &PushQuery) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations::apply(&mut connection, Path::new("test")).unwrap();
        let (sql, values) = statement(query);
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    /// A page costs what it shows: it is read in the order of an index, from where it begins.
    #[test]
    fn each_listing_seeks_to_where_it_begins() {
        let after = PushId { account: "wx1".into(), number: 9 };
        let lost = StateFilter::Completed(Outcome::GaveUp);
        for (state, index) in [
            (None, "push_accounts"),
            (Some(StateFilter::Completed(Outcome::Delivered)), "push_accounts"),
            (Some(StateFilter::Open), "pushes_open"),
            (Some(lost), "pushes_lost"),
        ] {
            for account in [None, Some("wx1".to_owned())] {
                let after = Some(after.clone());
                let is_own = account.is_some();
                let query = PushQuery { account, state, after, limit: 10, ..PushQuery::default() };
                let plan = plan(&query);
                // Sorted is only a page of the index together with what has arrived since.
                let may_sort = usize::from(index == "push_accounts");
                assert!(plan.contains(index), "{plan}");
                assert!(plan.matches("TEMP B-TREE").count() <= may_sort, "{plan}");
                let seek = match (is_own, index) {
                    (true, "pushes_lost") => "(state=? AND account=? AND number<?)",
                    (true, _) => "(account=? AND number<?)",
                    (false, _) => "SEARCH",
                };
                assert!(plan.contains(seek), "{plan}");
            }
        }
    }

    /// The writer purges each minute, so it must not look at millions of pushes that are all young.
    #[test]
    fn a_purge_looks_at_the_oldest_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrations::apply(&mut connection, Path::new("test")).unwrap();
        let pushes = 20 * MOST_REPLAYED;
        connection
            .execute(
                "WITH RECURSIVE numbers (value) AS \
                 (SELECT 1 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?1) \
                 INSERT INTO pushes SELECT value, 'wx1', NULL, '', 'event', value, '', 'e', 1, '', \
                 iif(value = 1, 1, 100), 2, 0, iif(value = 1, 2, 100), 1, 0, NULL, NULL, NULL, NULL, NULL \
                 FROM numbers",
                [pushes],
            )
            .unwrap();
        let steps = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
        let counted = std::sync::Arc::clone(&steps);
        let count = move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            false
        };
        connection.progress_handler(100, Some(count)).unwrap();
        assert_eq!(purge(&connection, 50, 256).unwrap(), 1, "the one that is old");
        assert_eq!(purge(&connection, 50, 256).unwrap(), 0);
        let steps = 100 * steps.load(std::sync::atomic::Ordering::Relaxed);
        assert!(steps < 4 * pushes, "{steps} steps for {pushes} pushes");
    }

    /// The pushes of one order are few, and sorted when they are found.
    #[test]
    fn an_orders_pushes_are_found_by_their_key_and_the_newest_by_number() {
        let ordering_keys = vec!["1".to_owned(), "2".to_owned()];
        let plan = plan(&PushQuery { ordering_keys, limit: 10, ..PushQuery::default() });
        assert!(plan.contains("SEARCH push_keys USING PRIMARY KEY (ordering_key=?)"), "{plan}");
        assert!(plan.contains("SEARCH pushes USING INTEGER PRIMARY KEY (rowid>?)"), "{plan}");
        assert!(!plan.contains("SCAN pushes"), "{plan}");
    }
}
