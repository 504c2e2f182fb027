//! Everything that another engine's store holds, brought into an empty database in one transaction: a move that
//! is cut off leaves the database empty.
//!
//! Numbers of pushes and jobs keep their order and get their bucket; they stay below all that will be given out here.

use crate::bucket::bucket;
use crate::config::OpenError;
use crate::connection::{config, connect};
use crate::delivery::pushes::{READY, WAITING, completed};
use crate::errors::writable;
use crate::migrations;
use crate::records::statements::{kind_number, terms};
use futures_util::future::try_join_all;
use kaipiao_ports::delivery::jobs::{Job, JobState};
use kaipiao_ports::delivery::outbox::{Attempt, PushState};
use kaipiao_ports::record::{Kind, Stored};
use kaipiao_ports::transfer::{MovedPush, MovedRecord};
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

/// An import that has begun. Dropped before [`Import::commit`], it leaves nothing behind.
pub struct Import {
    client: Client,
    connection: JoinHandle<()>,
}

impl Drop for Import {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Import {
    /// Migrates the database, and refuses one that holds anything or has a node at work.
    pub async fn begin(url: &str) -> Result<Self, OpenError> {
        let (mut client, connection) = connect(&config(url)?).await?;
        migrations::apply(&mut client, &[]).await?;
        let this = Self { client, connection };
        this.execute(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN",
        )
        .await?;
        let tables: Vec<_> =
            Kind::ALL.into_iter().map(Kind::table).chain(["pushes", "jobs"]).collect();
        // Until the end nobody starts a server on it.
        this.execute(&format!("LOCK TABLE nodes, {} IN EXCLUSIVE MODE", tables.join(", "))).await?;
        let node = "SELECT name FROM nodes WHERE expires_at > clock_timestamp() LIMIT 1";
        if let Some(row) = this.client.query_opt(node, &[]).await? {
            return Err(OpenError::NodeInUse(row.get(0)));
        }
        for table in tables {
            let is_empty = format!("SELECT NOT EXISTS (SELECT FROM {table})");
            let row = this.client.query_one(&is_empty, &[]).await?;
            if !row.get::<_, bool>(0) {
                return Err(OpenError::NotEmpty(table.to_owned()));
            }
        }
        Ok(this)
    }

    async fn execute(&self, sql: &str) -> Result<(), OpenError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, OpenError> {
        Ok(self.client.prepare(sql).await?)
    }

    /// Brings in records of one kind.
    pub async fn records(&self, kind: Kind, records: &[MovedRecord]) -> Result<(), OpenError> {
        let mut names = "bucket, owner, id, version, body".to_owned();
        let mut values = "$1, $2, $3, $4, $5".to_owned();
        let mut place = 5;
        for (name, is_there) in [
            ("unused_since_ms", kind.can_expire()),
            ("time_ms", kind.has_time()),
            ("terms", kind.has_time()),
        ] {
            if is_there {
                place += 1;
                names += &format!(", {name}");
                values += &format!(", ${place}");
            }
        }
        let sql = format!("INSERT INTO {} ({names}) VALUES ({values})", kind.table());
        let statement = self.prepare(&sql).await?;
        try_join_all(records.iter().map(|moved| self.record(&statement, kind, moved))).await?;
        Ok(())
    }

    async fn record(
        &self,
        statement: &Statement,
        kind: Kind,
        MovedRecord { stored: Stored { key, version, body }, index }: &MovedRecord,
    ) -> Result<(), OpenError> {
        let (bucket, body) = (bucket(&key.owner), body.text());
        let terms = terms(index);
        let mut values: Vec<&(dyn ToSql + Sync)> =
            vec![&bucket, &key.owner, &key.id, version, &body];
        if kind.can_expire() {
            values.push(&index.unused_since_ms);
        }
        if kind.has_time() {
            values.push(&index.time_ms);
            values.push(&terms);
        }
        self.client.execute(statement, &values).await?;
        Ok(())
    }

    /// Brings in pushes, each with its attempts.
    pub async fn pushes(&self, pushes: &[MovedPush]) -> Result<(), OpenError> {
        let push = self
            .prepare(
                "INSERT INTO pushes (bucket, number, account, url, origin, kind, ordering_key, \
                 openid, event, create_time_s, body, committed_ms, state, due_ms, completed_ms, \
                 tries, attempts, first_started_ms, first_took_ms, first_status, first_problem, \
                 first_excerpt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
                 $14, $15, $16, $17, $18, $19, $20, $21, $22)",
            )
            .await?;
        let attempt = self
            .prepare(
                "INSERT INTO push_attempts (bucket, number, attempt, started_ms, took_ms, status, \
                 problem, excerpt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .await?;
        try_join_all(pushes.iter().map(|moved| self.push(&push, &attempt, moved))).await?;
        Ok(())
    }

    async fn push(
        &self,
        statement: &Statement,
        further: &Statement,
        MovedPush { push, attempts }: &MovedPush,
    ) -> Result<(), OpenError> {
        let bucket = bucket(&push.id.account);
        let number = numbered(push.id.number, bucket);
        let (url, origin, kind) =
            (push.destination.url(), push.destination.origin(), push.kind.name());
        let (state, due_ms, completed_ms) = match push.state {
            PushState::Waiting => (WAITING, push.committed_ms, 0),
            PushState::Ready { due_ms } => (WAITING, due_ms, 0),
            PushState::Completed { outcome, at_ms } => (completed(outcome), 0, at_ms),
        };
        let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let (tries, all) = (count(push.tries), count(push.attempts));
        let first = attempts.first();
        let (started_ms, took_ms) = (first.map(|a| a.started_ms), first.map(|a| a.took_ms));
        let status = first.and_then(|a| a.status).map(i32::from);
        let (problem, excerpt) =
            (first.map(|a| writable(&a.problem)), first.map(|a| writable(&a.excerpt)));
        let body = &*push.body;
        let values: [&(dyn ToSql + Sync); 22] = [
            &bucket,
            &number,
            &push.id.account,
            &url,
            &origin,
            &kind,
            &push.ordering_key,
            &push.openid,
            &push.event,
            &push.create_time_s,
            &body,
            &push.committed_ms,
            &state,
            &due_ms,
            &completed_ms,
            &tries,
            &all,
            &started_ms,
            &took_ms,
            &status,
            &problem,
            &excerpt,
        ];
        self.client.execute(statement, &values).await?;
        for (nth, attempt) in (2_i32..).zip(attempts.iter().skip(1)) {
            let Attempt { started_ms, took_ms, status, problem, excerpt } = attempt;
            let (status, problem, excerpt) =
                (status.map(i32::from), writable(problem), writable(excerpt));
            let values: [&(dyn ToSql + Sync); 8] =
                [&bucket, &number, &nth, started_ms, took_ms, &status, &problem, &excerpt];
            self.client.execute(further, &values).await?;
        }
        Ok(())
    }

    /// Brings in jobs.
    pub async fn jobs(&self, jobs: &[Job]) -> Result<(), OpenError> {
        let statement = self
            .prepare(
                "INSERT INTO jobs (bucket, queue, account, name, number, due_ms, failed_ms, \
                 attempts, last_error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .await?;
        for Job { id, number, state, attempts, last_error } in jobs {
            let (bucket, queue) = (bucket(&id.account), id.queue.name());
            let number = numbered(*number, bucket);
            let (due_ms, failed_ms) = match state {
                JobState::Due { due_ms } => (*due_ms, None),
                JobState::Failed { at_ms } => (*at_ms, Some(*at_ms)),
            };
            let attempts = i32::try_from(*attempts).unwrap_or(i32::MAX);
            let last_error = writable(last_error);
            let values: [&(dyn ToSql + Sync); 9] = [
                &bucket,
                &queue,
                &id.account,
                &id.name,
                &number,
                &due_ms,
                &failed_ms,
                &attempts,
                &last_error,
            ];
            self.client.execute(&statement, &values).await?;
        }
        Ok(())
    }

    /// Makes the first open push of each ordering key ready and everything findable.
    pub async fn complete(&self) -> Result<(), OpenError> {
        self.execute(&format!(
            "UPDATE pushes p SET state = {READY} FROM (SELECT DISTINCT ON (bucket, account, ordering_key) \
             bucket, number FROM pushes WHERE state = {WAITING} \
             ORDER BY bucket, account, ordering_key, number) first \
             WHERE p.bucket = first.bucket AND p.number = first.number"
        ))
        .await?;
        for kind in Kind::ALL {
            if let Some(number) = kind_number(kind) {
                self.execute(&format!(
                    "INSERT INTO search (bucket, kind, owner, id, term, time_ms) \
                     SELECT bucket, {number}, owner, id, unnest(terms), time_ms FROM {}",
                    kind.table()
                ))
                .await?;
            }
        }
        // The planner learns at once what there is.
        self.execute("ANALYZE").await
    }

    /// Makes all of it the database's.
    pub async fn commit(self) -> Result<(), OpenError> {
        self.execute("COMMIT").await
    }
}

/// A number of another engine with its bucket: in the same order, and far below those of this one.
const fn numbered(number: i64, bucket: i16) -> i64 {
    (number << 8) | bucket as i64
}
