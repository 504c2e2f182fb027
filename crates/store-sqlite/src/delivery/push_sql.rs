//! The outbox's statements. INDEXED BY is a promise that SQLite keeps or fails on: an account with a
//! hundred thousand pushes must cost no more than one with ten.

use crate::delivery::schedule::Queued;
use kaipiao_domain::delivery::push::Verdict;
use kaipiao_ports::delivery::outbox::{
    Attempt, NewPush, Next, Push, PushId, PushQuery, PushState, Report, StateFilter,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

const WAITING: i64 = 0;
const READY: i64 = 1;

const fn settled(verdict: Verdict) -> i64 {
    match verdict {
        Verdict::Delivered => 2,
        Verdict::GaveUp => 3,
        Verdict::Unroutable => 4,
    }
}

/// Writes a new push: its CreateTime, its number, and whether it is its lane's first.
pub(crate) fn add(connection: &Connection, new: &NewPush) -> rusqlite::Result<()> {
    let create_time_s: i64 = connection
        .prepare_cached(
            "INSERT INTO push_times (account, openid, last_s) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET last_s = max(last_s + 1, excluded.last_s) RETURNING last_s",
        )?
        .query_row(params![new.account, new.openid, new.now_ms.div_euclid(1000)], |row| {
            row.get(0)
        })?;
    let body = format!("{}{create_time_s}{}", new.before_time, new.after_time);
    connection
        .prepare_cached(
            "INSERT INTO pushes (account, number, lane, openid, event, create_time_s, body, \
             committed_ms, state, due_ms, settled_ms, tries, attempts) \
             VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM pushes WHERE account = ?1), \
             ?2, ?3, ?4, ?5, ?6, ?7, \
             NOT EXISTS (SELECT 1 FROM pushes INDEXED BY pushes_lane \
             WHERE account = ?1 AND lane = ?2 AND state <= 1), \
             ?7, 0, 0, 0)",
        )?
        .execute(params![
            new.account,
            new.lane,
            new.openid,
            new.event,
            create_time_s,
            body,
            new.now_ms
        ])?;
    Ok(())
}

/// Writes an attempt and what follows. False: there is no such push.
pub(crate) fn settle(connection: &Connection, report: &Report) -> rusqlite::Result<bool> {
    let PushId { account, number } = &report.id;
    let (state, due_ms, settled_ms) = match report.next {
        Next::Retry { due_ms } => (READY, due_ms, 0),
        Next::Settle { verdict, now_ms } => (settled(verdict), 0, now_ms),
    };
    let tried = i64::from(report.attempt.is_some());
    let updated = connection
        .prepare_cached(
            "UPDATE pushes SET state = ?3, due_ms = ?4, settled_ms = ?5, \
             tries = tries + ?6, attempts = attempts + ?6 \
             WHERE account = ?1 AND number = ?2 RETURNING lane, attempts",
        )?
        .query_row(params![account, number, state, due_ms, settled_ms, tried], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((lane, attempts)) = updated else { return Ok(false) };
    if let Some(attempt) = &report.attempt {
        add_attempt(connection, &report.id, attempts, attempt)?;
    }
    if let Next::Settle { now_ms, .. } = report.next {
        promote(connection, account, &lane, now_ms)?;
    }
    Ok(true)
}

fn add_attempt(
    connection: &Connection,
    id: &PushId,
    attempts: i64,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO push_attempts \
             (account, number, attempt, started_ms, took_ms, status, problem, excerpt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id.account,
            id.number,
            attempts,
            attempt.started_ms,
            attempt.took_ms,
            attempt.status,
            attempt.problem,
            attempt.excerpt
        ])
        .map(|_| ())
}

/// Makes the lane's first waiting push ready, unless one is.
fn promote(
    connection: &Connection,
    account: &str,
    lane: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE pushes SET state = 1, due_ms = ?3 WHERE account = ?1 AND number = \
             (SELECT number FROM pushes INDEXED BY pushes_lane \
             WHERE account = ?1 AND lane = ?2 AND state = 0 ORDER BY number LIMIT 1) \
             AND NOT EXISTS (SELECT 1 FROM pushes INDEXED BY pushes_ready \
             WHERE account = ?1 AND lane = ?2 AND state = 1)",
        )?
        .execute(params![account, lane, now_ms])
        .map(|_| ())
}

/// Opens a settled push again. None: no such push; false: it is open.
pub(crate) fn replay(
    connection: &Connection,
    id: &PushId,
    now_ms: i64,
) -> rusqlite::Result<Option<bool>> {
    let found = connection
        .prepare_cached("SELECT lane, state FROM pushes WHERE account = ?1 AND number = ?2")?
        .query_row(params![id.account, id.number], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((lane, state)) = found else { return Ok(None) };
    if state <= READY {
        return Ok(Some(false));
    }
    connection
        .prepare_cached(
            "UPDATE pushes SET state = 0, tries = 0, settled_ms = 0 \
             WHERE account = ?1 AND number = ?2",
        )?
        .execute(params![id.account, id.number])?;
    promote(connection, &id.account, &lane, now_ms)?;
    Ok(Some(true))
}

const COLUMNS: &str = "account, number, lane, openid, event, create_time_s, body, committed_ms, \
                       state, due_ms, settled_ms, tries, attempts";

impl Queued for Push {
    type Id = PushId;

    fn id(&self) -> &PushId {
        &self.id
    }

    fn due_ms(&self) -> i64 {
        match self.state {
            PushState::Ready { due_ms } => due_ms,
            PushState::Waiting | PushState::Settled { .. } => i64::MAX,
        }
    }

    fn accounts(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
        let sql = "SELECT account, min(due_ms) FROM pushes INDEXED BY pushes_due \
                   WHERE state = 1 GROUP BY account";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    fn first(connection: &Connection, account: &str, limit: usize) -> rusqlite::Result<Vec<Self>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pushes INDEXED BY pushes_due WHERE account = ?1 AND state = 1 \
             ORDER BY due_ms, number LIMIT ?2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![account, limit], read)?;
        rows.collect()
    }
}

/// A listing. Each way to ask has its index: a listing costs what it shows.
pub(crate) fn list(connection: &Connection, query: &PushQuery) -> rusqlite::Result<Vec<Push>> {
    let (condition, index) = match query.state {
        _ if query.account.is_some() && query.lane.is_some() => ("", " INDEXED BY pushes_lane"),
        None | Some(StateFilter::Settled(Verdict::Delivered)) => ("", ""),
        Some(StateFilter::Open) => ("", " INDEXED BY pushes_open"),
        // The index's own condition: from a bound state SQLite does not see that it holds.
        Some(StateFilter::Settled(_)) => (" AND state >= 3", " INDEXED BY pushes_lost"),
    };
    let mut sql = format!("SELECT {COLUMNS} FROM pushes{index} WHERE true{condition}");
    let mut values: Vec<Value> = Vec::new();
    let mut add = |text: &str, with: Vec<Value>| {
        sql.push_str(text);
        values.extend(with);
    };
    if let Some(account) = &query.account {
        add(" AND account = ?", vec![account.clone().into()]);
    }
    if let Some(lane) = &query.lane {
        add(" AND lane = ?", vec![lane.clone().into()]);
    }
    match query.state {
        None => {}
        Some(StateFilter::Open) => add(" AND state <= 1", Vec::new()),
        Some(StateFilter::Settled(verdict)) => add(" AND state = ?", vec![settled(verdict).into()]),
    }
    match &query.after {
        None => {}
        // The pair alone would find the account's newest, and read on to where the page begins.
        Some(PushId { account, number }) if query.account.as_ref() == Some(account) => {
            add(" AND number < ?", vec![(*number).into()]);
        }
        Some(PushId { account, number }) => {
            add(" AND (account, number) < (?, ?)", vec![account.clone().into(), (*number).into()]);
        }
    }
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    add(" ORDER BY account DESC, number DESC LIMIT ?", vec![limit.into()]);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    rows.collect()
}

/// A push's attempts.
pub(crate) fn attempts(connection: &Connection, id: &PushId) -> rusqlite::Result<Vec<Attempt>> {
    let mut statement = connection.prepare_cached(
        "SELECT started_ms, took_ms, status, problem, excerpt FROM push_attempts \
         WHERE account = ?1 AND number = ?2 ORDER BY attempt",
    )?;
    let rows = statement.query_map(params![id.account, id.number], |row| {
        Ok(Attempt {
            started_ms: row.get(0)?,
            took_ms: row.get(1)?,
            status: row.get(2)?,
            problem: row.get(3)?,
            excerpt: row.get(4)?,
        })
    })?;
    rows.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Push> {
    let body: String = row.get(6)?;
    let (state, due_ms, settled_ms) = (row.get(8)?, row.get(9)?, row.get(10)?);
    Ok(Push {
        id: PushId { account: row.get(0)?, number: row.get(1)? },
        lane: row.get(2)?,
        openid: row.get(3)?,
        event: row.get(4)?,
        create_time_s: row.get(5)?,
        body: body.into(),
        committed_ms: row.get(7)?,
        state: match state {
            WAITING => PushState::Waiting,
            READY => PushState::Ready { due_ms },
            other => {
                let verdict = Verdict::ALL.into_iter().find(|verdict| settled(*verdict) == other);
                let verdict = verdict.ok_or(rusqlite::Error::IntegralValueOutOfRange(8, other))?;
                PushState::Settled { verdict, at_ms: settled_ms }
            }
        },
        tries: row.get(11)?,
        attempts: row.get(12)?,
        in_flight_for: None,
    })
}
