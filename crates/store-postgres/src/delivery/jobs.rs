//! The jobs' statements.

use super::claims::{self, FREE, IS_FREE};
use super::numbers::number_sql;
use crate::bucket::{bucket, bucket_of_number};
use crate::errors::{DbError, writable};
use crate::records::listing::{Query, compared};
use deadpool_postgres::Client;
use kaipiao_ports::delivery::claims::{Claim, ClaimRequest, ClaimToken, Claimed, Queue, TurnKey};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobFailure, JobId, JobQuery, JobState};
use kaipiao_ports::errors::StoreError;
use std::sync::LazyLock;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Makes a job due, whether it is new, waits or had failed; whoever holds it has let go.
pub(crate) static SET_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO jobs (bucket, queue, account, name, number, due_ms, attempts, last_error) \
         VALUES ($1, $2, $3, $4, {}, $5, 0, '') ON CONFLICT (bucket, queue, account, name) \
         DO UPDATE SET due_ms = excluded.due_ms, failed_ms = NULL, attempts = 0, last_error = '', {FREE}",
        number_sql("$1::smallint", "$6::bigint")
    )
});

pub(crate) const END: &str =
    "DELETE FROM jobs WHERE bucket = $1 AND queue = $2 AND account = $3 AND name = $4";

/// Carries out a change.
pub(crate) async fn change(client: &Client, change: &JobChange, nth: usize) -> Result<(), DbError> {
    let JobId { queue, account, name } = change.id();
    let (bucket, queue) = (bucket(account), queue.name());
    match change {
        JobChange::Due { due_ms, .. } => {
            let nth = i64::try_from(nth).unwrap_or(i64::MAX);
            let statement = client.prepare_cached(&SET_DUE).await?;
            let values: [&(dyn ToSql + Sync); 6] = [&bucket, &queue, account, name, due_ms, &nth];
            client.execute(&statement, &values).await?;
        }
        JobChange::Done(_) => {
            let statement = client.prepare_cached(END).await?;
            client.execute(&statement, &[&bucket, &queue, account, name]).await?;
        }
    }
    Ok(())
}

const COLUMNS: &str =
    "j.number, j.queue, j.account, j.name, j.due_ms, j.failed_ms, j.attempts, j.last_error";

/// Claims what is due of a turn, longest first.
pub(crate) static CLAIM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS (SELECT number FROM jobs WHERE bucket = $1 AND queue = $2 AND account = $3 \
         AND failed_ms IS NULL AND due_ms <= $4 AND {IS_FREE} ORDER BY due_ms, number LIMIT $5 \
         FOR UPDATE SKIP LOCKED) \
         UPDATE jobs j SET {} FROM due WHERE j.bucket = $1 AND j.number = due.number \
         RETURNING {COLUMNS}",
        claims::take_sql("$6", "$7", "$8")
    )
});

pub(crate) static NEXT_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT due_ms FROM jobs WHERE bucket = $1 AND queue = $2 AND account = $3 \
         AND failed_ms IS NULL AND {IS_FREE} ORDER BY due_ms LIMIT 1"
    )
});

pub(crate) async fn claim(
    client: &Client,
    queue: Queue,
    request: &ClaimRequest<'_>,
    serial: u64,
    node: &str,
) -> Result<Claimed<Job>, DbError> {
    let TurnKey { account, origin } = request.turn;
    if !origin.is_empty() {
        return Ok(Claimed::default());
    }
    let (bucket, name) = (bucket(account), queue.name());
    let limit = i64::try_from(request.limit).unwrap_or(i64::MAX);
    let stored_serial = claims::stored_serial(serial);
    let lapses_in_ms = claims::lapses_in_ms(request.lapses_in);
    let claim = client.prepare_cached(&CLAIM).await?;
    let next = client.prepare_cached(&NEXT_DUE).await?;
    let values: [&(dyn ToSql + Sync); 8] =
        [&bucket, &name, account, &request.due_by_ms, &limit, &stored_serial, &node, &lapses_in_ms];
    let of_turn: [&(dyn ToSql + Sync); 3] = [&bucket, &name, account];
    let (rows, next_due_ms) = claims::take(client, (&claim, &values), (&next, &of_turn)).await?;
    let mut jobs = rows.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    jobs.sort_by_key(|job| match job.state {
        JobState::Due { due_ms } => (due_ms, job.number),
        JobState::Failed { at_ms } => (at_ms, job.number),
    });
    let to_claim =
        |work: Job| Claim { token: ClaimToken { queue, number: work.number, serial }, work };
    Ok(Claimed { claims: jobs.into_iter().map(to_claim).collect(), next_due_ms })
}

pub(crate) static FAIL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE jobs SET due_ms = $3, failed_ms = $4, attempts = attempts + 1, last_error = $5, {FREE} \
         WHERE bucket = $1 AND number = $2 AND failed_ms IS NULL AND {}",
        claims::holds_sql("$6", "$7")
    )
});

/// Records a try that failed. False: the claim does not hold.
pub(crate) async fn fail(
    client: &Client,
    failure: &JobFailure,
    node: &str,
) -> Result<bool, DbError> {
    let JobFailure { token, error, next } = failure;
    let (due_ms, failed_ms) = match next {
        JobState::Due { due_ms } => (*due_ms, None),
        JobState::Failed { at_ms } => (*at_ms, Some(*at_ms)),
    };
    let bucket = bucket_of_number(token.number);
    let serial = claims::stored_serial(token.serial);
    let error = writable(error);
    let values: [&(dyn ToSql + Sync); 7] =
        [&bucket, &token.number, &due_ms, &failed_ms, &error, &serial, &node];
    let statement = client.prepare_cached(&FAIL).await?;
    Ok(client.execute(&statement, &values).await? == 1)
}

pub(crate) static RUN_AGAIN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE jobs SET due_ms = $3, failed_ms = NULL, attempts = 0, last_error = '', {FREE} \
         WHERE bucket = $1 AND number = $2 AND failed_ms IS NOT NULL"
    )
});

pub(crate) const IS_THERE: &str = "SELECT FROM jobs WHERE bucket = $1 AND number = $2";

/// Makes a failed job due. None: there is none with this number; false: it has not failed.
pub(crate) async fn run_again(
    client: &Client,
    number: i64,
    now_ms: i64,
) -> Result<Option<bool>, DbError> {
    let bucket = bucket_of_number(number);
    if client.execute(RUN_AGAIN.as_str(), &[&bucket, &number, &now_ms]).await? == 1 {
        return Ok(Some(true));
    }
    let found = client.query_opt(IS_THERE, &[&bucket, &number]).await?;
    Ok(found.map(|_| false))
}

pub(crate) fn query(ask: &JobQuery) -> Query {
    let mut query = Query::default();
    let mut conditions = vec!["true".to_owned()];
    if let Some(queue) = ask.queue {
        conditions.push(format!("j.queue = {}", query.value(queue.name())));
    }
    if let Some(account) = &ask.account {
        conditions.push(format!("j.account = {}", query.value(compared(account))));
        conditions.push(format!("j.bucket = {}", query.value(bucket(account))));
    }
    conditions.extend(ask.failed.map(|failed| match failed {
        true => "j.failed_ms IS NOT NULL".to_owned(),
        false => "j.failed_ms IS NULL".to_owned(),
    }));
    if let Some(after) = ask.after {
        conditions.push(format!("j.number < {}", query.value(after)));
    }
    let limit = query.value(i64::try_from(ask.limit).unwrap_or(i64::MAX));
    query.sql = format!(
        "SELECT {COLUMNS} FROM jobs j WHERE {} ORDER BY j.number DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    query
}

pub(crate) async fn list(client: &Client, ask: &JobQuery) -> Result<Vec<Job>, DbError> {
    let query = query(ask);
    client.query(&query.sql, &query.values()).await?.iter().map(job).collect()
}

fn job(row: &Row) -> Result<Job, DbError> {
    let queue: String = row.get(1);
    let unknown = || {
        DbError::Store(StoreError::Away(format!(
            "job {} is of no known queue",
            row.get::<_, i64>(0)
        )))
    };
    let failed_ms: Option<i64> = row.get(5);
    Ok(Job {
        id: JobId {
            queue: Queue::from_name(&queue).ok_or_else(unknown)?,
            account: row.get(2),
            name: row.get(3),
        },
        number: row.get(0),
        state: match failed_ms {
            None => JobState::Due { due_ms: row.get(4) },
            Some(at_ms) => JobState::Failed { at_ms },
        },
        attempts: u32::try_from(row.get::<_, i32>(6)).unwrap_or_default(),
        last_error: row.get(7),
    })
}

/// Removes jobs that failed before a moment.
pub(crate) const PURGE: &str = "WITH old AS (SELECT bucket, number FROM jobs WHERE failed_ms < $1 \
     ORDER BY failed_ms LIMIT $2 FOR UPDATE SKIP LOCKED), \
     purged AS (DELETE FROM jobs j USING old \
     WHERE j.bucket = old.bucket AND j.number = old.number RETURNING 1) \
     SELECT count(*) FROM purged";
