//! The jobs' statements.

use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{Job, JobId, JobQuery, JobState};
use rusqlite::types::{Type, Value};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

/// Writes a job that was not there.
pub(crate) fn add(
    connection: &Connection,
    number: i64,
    id: &JobId,
    due_ms: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO jobs (number, queue, account, name, due_ms, failed_ms, attempts, last_error) \
             VALUES (?1, ?2, ?3, ?4, ?5, NULL, 0, '')",
        )?
        .execute(params![number, id.queue.name(), id.account, id.name, due_ms])
        .map(|_| ())
}

/// Makes a job due, with a fresh count of attempts.
pub(crate) fn set_due(connection: &Connection, number: i64, due_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE jobs SET due_ms = ?2, failed_ms = NULL, attempts = 0, last_error = '' \
             WHERE number = ?1",
        )?
        .execute((number, due_ms))
        .map(|_| ())
}

/// Removes a job.
pub(crate) fn remove(connection: &Connection, number: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM jobs WHERE number = ?1")?.execute([number]).map(|_| ())
}

/// Writes a try that failed, and what follows. False: there is no such job.
pub(crate) fn fail(
    connection: &Connection,
    number: i64,
    error: &str,
    next: &JobState,
) -> rusqlite::Result<bool> {
    let (due_ms, failed_ms) = match next {
        JobState::Due { due_ms } => (*due_ms, None),
        JobState::Failed { at_ms } => (*at_ms, Some(*at_ms)),
    };
    let updated = connection
        .prepare_cached(
            "UPDATE jobs SET due_ms = ?2, failed_ms = ?3, attempts = attempts + 1, last_error = ?4 \
             WHERE number = ?1",
        )?
        .execute(params![number, due_ms, failed_ms, error])?;
    Ok(updated == 1)
}

const COLUMNS: &str = "number, queue, account, name, due_ms, failed_ms, attempts, last_error";

/// One job.
pub(crate) fn read(connection: &Connection, number: i64) -> rusqlite::Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE number = ?1");
    connection.prepare_cached(&sql)?.query_row([number], job).optional()
}

/// All jobs.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Job>> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM jobs ORDER BY number"))?;
    let rows = statement.query_map([], job)?;
    rows.collect()
}

/// Jobs in the order of their numbers, behind `after`.
pub(crate) fn from_number(
    connection: &Connection,
    after: i64,
    limit: i64,
) -> rusqlite::Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE number > ?1 ORDER BY number LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((after, limit), job)?;
    rows.collect()
}

/// A page of a listing. Jobs that are there are few: what is done is removed.
pub(crate) fn list(connection: &Connection, query: &JobQuery) -> rusqlite::Result<Vec<Job>> {
    let (mut conditions, mut values) = (vec!["true".to_owned()], Vec::<Value>::new());
    if let Some(queue) = query.queue {
        conditions.push("queue = ?".to_owned());
        values.push(queue.name().to_owned().into());
    }
    if let Some(account) = &query.account {
        conditions.push("account = ?".to_owned());
        values.push(account.clone().into());
    }
    if let Some(failed) = query.failed {
        let condition = if failed { "failed_ms IS NOT NULL" } else { "failed_ms IS NULL" };
        conditions.push(condition.to_owned());
    }
    if let Some(after) = query.after {
        conditions.push("number < ?".to_owned());
        values.push(after.into());
    }
    values.push(i64::try_from(query.limit).unwrap_or(i64::MAX).into());
    let condition = conditions.join(" AND ");
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {condition} ORDER BY number DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), job)?;
    rows.collect()
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let queue: String = row.get(1)?;
    let failed_ms: Option<i64> = row.get(5)?;
    let unknown = || {
        let why = format!("\"{queue}\" is no queue");
        rusqlite::Error::FromSqlConversionFailure(1, Type::Text, why.into())
    };
    Ok(Job {
        id: JobId {
            queue: Queue::from_name(&queue).ok_or_else(unknown)?,
            account: row.get(2)?,
            name: row.get(3)?,
        },
        number: row.get(0)?,
        state: match failed_ms {
            None => JobState::Due { due_ms: row.get(4)? },
            Some(at_ms) => JobState::Failed { at_ms },
        },
        attempts: row.get(6)?,
        last_error: row.get(7)?,
    })
}

/// Removes jobs that failed before this moment, `limit` of them at most. Returns their numbers.
pub(crate) fn purge(
    connection: &Connection,
    before_ms: i64,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection
        .prepare_cached("SELECT number FROM jobs WHERE failed_ms < ?1 ORDER BY number LIMIT ?2")?;
    let rows = statement.query_map((before_ms, limit), |row| row.get(0))?;
    let old = rows.collect::<Result<Vec<i64>, _>>()?;
    for number in &old {
        remove(connection, *number)?;
    }
    Ok(old)
}
