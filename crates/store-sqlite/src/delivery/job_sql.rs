//! The jobs' statements.

use crate::delivery::schedule::Queued;
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId};
use rusqlite::{Connection, params};

/// Adds a job, sets it anew, or takes it away.
pub(crate) fn change(connection: &Connection, change: &JobChange) -> rusqlite::Result<()> {
    let done = match change {
        JobChange::Due { id, due_ms } => connection
            .prepare_cached(
                "INSERT INTO jobs (account, name, due_ms) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET due_ms = excluded.due_ms",
            )?
            .execute(params![id.account, id.name, due_ms]),
        JobChange::Done(id) => connection
            .prepare_cached("DELETE FROM jobs WHERE account = ?1 AND name = ?2")?
            .execute(params![id.account, id.name]),
    };
    done.map(|_| ())
}

impl Queued for Job {
    type Id = JobId;

    fn id(&self) -> &JobId {
        &self.id
    }

    fn due_ms(&self) -> i64 {
        self.due_ms
    }

    fn accounts(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
        let sql = "SELECT account, min(due_ms) FROM jobs INDEXED BY jobs_due GROUP BY account";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    fn first(connection: &Connection, account: &str, limit: usize) -> rusqlite::Result<Vec<Self>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(
            "SELECT account, name, due_ms FROM jobs INDEXED BY jobs_due WHERE account = ?1 \
             ORDER BY due_ms, name LIMIT ?2",
        )?;
        let rows = statement.query_map(params![account, limit], |row| {
            let id = JobId { account: row.get(0)?, name: row.get(1)? };
            Ok(Self { id, due_ms: row.get(2)? })
        })?;
        rows.collect()
    }
}
