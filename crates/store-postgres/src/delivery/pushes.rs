//! The outbox's statements that change it.
//!
//! Whether a push is ready is decided by a unique index: a new push tries to be the ready one of its ordering key; if it
//! cannot, it locks the one that is, so that this one's completion comes before or after it, and waits. A completion
//! makes the next one ready in a statement of its own, which sees whoever has locked it first.

use super::claims::{self, FREE, IS_FREE};
use super::numbers::number_sql;
use crate::bucket::{bucket, bucket_of_number};
use crate::errors::{DbError, writable};
use deadpool_postgres::{Client, Transaction};
use kaipiao_domain::delivery::push::{MAX_AHEAD_S, Outcome, PushKind};
use kaipiao_ports::delivery::claims::{
    Claim, ClaimRequest, ClaimToken, Claimed, DueTurn, Queue, TurnKey,
};
use kaipiao_ports::delivery::outbox::{
    Attempt, Destination, NewBody, NewPush, Next, Push, PushId, PushReport, PushState, Replayed,
};
use kaipiao_ports::errors::StoreError;
use std::sync::{Arc, LazyLock};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

pub(crate) const WAITING: i16 = 0;
pub(crate) const READY: i16 = 1;

/// Tries to bring in a push beside others that come at the same moment.
const TRIES: usize = 50;

pub(crate) const fn completed(outcome: Outcome) -> i16 {
    match outcome {
        Outcome::Delivered => 2,
        Outcome::GaveUp => 3,
        Outcome::Unroutable => 4,
    }
}

/// Adds a push in a state, with a number behind the others of its ordering key and the user's next CreateTime. Answers no
/// row where a unique key is taken.
pub(crate) static ADD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO pushes (bucket, number, account, url, origin, kind, ordering_key, openid, event, \
         create_time_s, body, committed_ms, state, due_ms) \
         SELECT $1, GREATEST({}, last.number + 256), $2, $3, $4, $5, $6, $7, $8, t.s, \
         $9 || COALESCE(t.s::text || $10, ''), $11, $12, $11 FROM \
         (SELECT GREATEST($13, COALESCE(max(create_time_s) + 1, $13)) AS s FROM pushes \
         WHERE bucket = $1 AND account = $2 AND openid = $7 AND openid <> '' \
         AND create_time_s <= $13 + {MAX_AHEAD_S}) t, \
         (SELECT max(number) AS number FROM pushes \
         WHERE bucket = $1 AND account = $2 AND ordering_key = $6) last \
         ON CONFLICT DO NOTHING RETURNING number",
        number_sql("$1::smallint", "$14::bigint")
    )
});

/// Locks the ready push of an ordering key.
pub(crate) const LOCK_READY: &str = "SELECT number FROM pushes \
     WHERE bucket = $1 AND account = $2 AND ordering_key = $3 AND state = 1 FOR UPDATE";

/// A new push as the statements take it.
pub(crate) struct AddStatement<'a> {
    new: &'a NewPush,
    bucket: i16,
    kind: &'static str,
    before: &'a str,
    after: Option<&'a str>,
    now_s: i64,
    nth: i64,
}

impl<'a> AddStatement<'a> {
    pub(crate) fn new(new: &'a NewPush, nth: usize) -> Self {
        let (before, after) = match &new.body {
            NewBody::Whole(text) => (&**text, None),
            NewBody::Untimed { before, after } => (&**before, Some(&**after)),
        };
        Self {
            new,
            bucket: bucket(&new.account),
            kind: new.kind.name(),
            before,
            after,
            now_s: new.now_ms.div_euclid(1000),
            nth: i64::try_from(nth).unwrap_or(i64::MAX),
        }
    }

    /// Adds it; returns its turn if it is ready.
    pub(crate) async fn add(&self, client: &Client) -> Result<Option<DueTurn>, DbError> {
        let add = client.prepare_cached(&ADD).await?;
        let lock = client.prepare_cached(LOCK_READY).await?;
        for _ in 0..TRIES {
            if self.try_add(client, &add, READY).await? {
                return Ok(Some(self.due()));
            }
            let key: [&(dyn ToSql + Sync); 3] =
                [&self.bucket, &self.new.account, &self.new.ordering_key];
            let is_behind = client.query_opt(&lock, &key).await?.is_some();
            if is_behind && self.try_add(client, &add, WAITING).await? {
                return Ok(None);
            }
        }
        Err(DbError::Again)
    }

    async fn try_add(
        &self,
        client: &Client,
        add: &tokio_postgres::Statement,
        state: i16,
    ) -> Result<bool, DbError> {
        let NewPush { account, destination, ordering_key, openid, event, now_ms, .. } = self.new;
        let (url, origin) = (destination.url(), destination.origin());
        let values: [&(dyn ToSql + Sync); 14] = [
            &self.bucket,
            account,
            &url,
            &origin,
            &self.kind,
            ordering_key,
            openid,
            event,
            &self.before,
            &self.after,
            now_ms,
            &state,
            &self.now_s,
            &self.nth,
        ];
        Ok(client.query_opt(add, &values).await?.is_some())
    }

    fn due(&self) -> DueTurn {
        let origin = self.new.destination.origin().to_owned();
        let turn = TurnKey { account: self.new.account.clone(), origin };
        DueTurn { due_ms: self.new.now_ms, turn }
    }
}

pub(crate) const COLUMNS: &str = "p.number, p.account, p.url, p.origin, p.kind, p.ordering_key, p.openid, \
     p.event, p.create_time_s, p.body, p.committed_ms, p.state, p.due_ms, p.completed_ms, p.tries, p.attempts";

/// Claims what is due of a turn, longest first.
pub(crate) static CLAIM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH due AS (SELECT number FROM pushes WHERE bucket = $1 AND account = $2 AND origin = $3 \
         AND state = 1 AND due_ms <= $4 AND {IS_FREE} ORDER BY due_ms, number LIMIT $5 \
         FOR UPDATE SKIP LOCKED) \
         UPDATE pushes p SET {} FROM due WHERE p.bucket = $1 AND p.number = due.number \
         RETURNING {COLUMNS}",
        claims::take_sql("$6", "$7", "$8")
    )
});

/// When the first of a turn's work that nobody holds is due.
pub(crate) static NEXT_DUE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT due_ms FROM pushes WHERE bucket = $1 AND account = $2 AND origin = $3 \
         AND state = 1 AND {IS_FREE} ORDER BY due_ms LIMIT 1"
    )
});

/// Claims are on the disk before their work starts: one that a crash of the server took back would have it
/// done twice.
pub(crate) async fn claim(
    client: &Client,
    request: &ClaimRequest<'_>,
    serial: u64,
    node: &str,
) -> Result<Claimed<Push>, DbError> {
    let TurnKey { account, origin } = request.turn;
    let bucket = bucket(account);
    let limit = i64::try_from(request.limit).unwrap_or(i64::MAX);
    let stored_serial = claims::stored_serial(serial);
    let lapses_in_ms = claims::lapses_in_ms(request.lapses_in);
    let claim = client.prepare_cached(&CLAIM).await?;
    let next = client.prepare_cached(&NEXT_DUE).await?;
    let values: [&(dyn ToSql + Sync); 8] = [
        &bucket,
        account,
        origin,
        &request.due_by_ms,
        &limit,
        &stored_serial,
        &node,
        &lapses_in_ms,
    ];
    let of_turn: [&(dyn ToSql + Sync); 3] = [&bucket, account, origin];
    let (rows, next) =
        futures_util::try_join!(client.query(&claim, &values), client.query_opt(&next, &of_turn))?;
    let mut pushes = rows.iter().map(push).collect::<Result<Vec<_>, _>>()?;
    pushes.sort_by_key(|push| match push.state {
        PushState::Ready { due_ms } => (due_ms, push.id.number),
        PushState::Waiting | PushState::Completed { .. } => (i64::MAX, push.id.number),
    });
    let to_claim = |work: Push| {
        let token = ClaimToken { queue: Queue::Push, number: work.id.number, serial };
        Claim { work, token }
    };
    Ok(Claimed {
        claims: pushes.into_iter().map(to_claim).collect(),
        next_due_ms: next.map(|row| row.get(0)),
    })
}

/// Writes an attempt and what becomes of its push, if the claim holds.
pub(crate) static REPORT: LazyLock<String> = LazyLock::new(|| {
    let first = ["started_ms", "took_ms", "status", "problem", "excerpt"];
    let first: String = first
        .iter()
        .zip(7..)
        .map(|(name, place)| {
            format!(
                ", first_{name} = CASE WHEN $6 = 1 AND attempts = 0 THEN ${place} ELSE first_{name} END"
            )
        })
        .collect();
    format!(
        "WITH reported AS (UPDATE pushes SET state = $3, due_ms = $4, completed_ms = $5, \
         tries = tries + $6::integer, attempts = attempts + $6, {FREE}{first} \
         WHERE bucket = $1 AND number = $2 AND state = 1 AND {} RETURNING attempts), \
         further AS (INSERT INTO push_attempts \
         (bucket, number, attempt, started_ms, took_ms, status, problem, excerpt) \
         SELECT $1, $2, attempts, $7, $8, $9, $10, $11 FROM reported WHERE $6 = 1 AND attempts > 1) \
         SELECT attempts FROM reported",
        claims::holds_sql("$12", "$13")
    )
});

/// Makes the push behind a completed one ready, if none of its ordering key is.
pub(crate) const PROMOTE: &str = "WITH done AS (SELECT account, ordering_key FROM pushes \
     WHERE bucket = $1 AND number = $2 AND state >= 2), \
     next AS (SELECT p.number FROM done d, pushes p WHERE p.bucket = $1 AND p.account = d.account \
     AND p.ordering_key = d.ordering_key AND p.state = 0 AND NOT EXISTS (SELECT FROM pushes r \
     WHERE r.bucket = $1 AND r.account = d.account AND r.ordering_key = d.ordering_key AND r.state = 1) \
     ORDER BY p.number LIMIT 1) \
     UPDATE pushes p SET state = 1, due_ms = $3 FROM next \
     WHERE p.bucket = $1 AND p.number = next.number RETURNING p.number";

/// Records a report. None: the claim does not hold.
pub(crate) async fn report(
    client: &Client,
    report: &PushReport,
    node: &str,
) -> Result<Option<Option<i64>>, DbError> {
    let number = report.token.number;
    let bucket = bucket_of_number(number);
    let serial = claims::stored_serial(report.token.serial);
    let (state, due_ms, completed_ms) = match report.next {
        Next::Retry { due_ms } => (READY, due_ms, 0),
        Next::Complete { outcome, now_ms } => (completed(outcome), 0, now_ms),
    };
    let attempt = report.attempt.as_ref();
    let tried = i32::from(attempt.is_some());
    let (started_ms, took_ms) = (
        attempt.map_or(0, |attempt| attempt.started_ms),
        attempt.map_or(0, |attempt| attempt.took_ms),
    );
    let status = attempt.and_then(|attempt| attempt.status).map(i32::from);
    let problem = attempt.map_or("", |attempt| &attempt.problem);
    let excerpt = attempt.map_or("", |attempt| &attempt.excerpt);
    let (problem, excerpt) = (writable(problem), writable(excerpt));
    let values: [&(dyn ToSql + Sync); 13] = [
        &bucket,
        &number,
        &state,
        &due_ms,
        &completed_ms,
        &tried,
        &started_ms,
        &took_ms,
        &status,
        &problem,
        &excerpt,
        &serial,
        &node,
    ];
    let statement = client.prepare_cached(&REPORT).await?;
    let Next::Complete { now_ms, .. } = report.next else {
        let counts = client.query_opt(&statement, &values).await?.is_some();
        return Ok(counts.then_some(Some(due_ms)));
    };
    let promote = client.prepare_cached(PROMOTE).await?;
    let place: [&(dyn ToSql + Sync); 3] = [&bucket, &number, &now_ms];
    let (reported, promoted) = futures_util::try_join!(
        client.query_opt(&statement, &values),
        client.query_opt(&promote, &place)
    )?;
    Ok(reported.map(|_| promoted.map(|_| now_ms)))
}

pub(crate) const LOCK: &str =
    "SELECT account, ordering_key, state FROM pushes WHERE bucket = $1 AND number = $2 FOR UPDATE";
pub(crate) const REOPEN: &str = "UPDATE pushes SET state = $3, due_ms = $4, completed_ms = 0, tries = 0 \
     WHERE bucket = $1 AND number = $2";

/// Opens a completed push again.
pub(crate) async fn replay(
    transaction: &Transaction<'_>,
    id: &PushId,
    now_ms: i64,
) -> Result<Replayed, DbError> {
    let bucket = bucket_of_number(id.number);
    let row = transaction.query_opt(LOCK, &[&bucket, &id.number]).await?;
    let Some(row) = row.filter(|row| row.get::<_, String>(0) == id.account) else {
        return Ok(Replayed::NoSuchPush);
    };
    let (key, state): (String, i16) = (row.get(1), row.get(2));
    if state <= READY {
        return Ok(Replayed::IsOpen);
    }
    let ready = transaction.query_opt(LOCK_READY, &[&bucket, &id.account, &key]).await?;
    let state = if ready.is_some() { WAITING } else { READY };
    transaction.execute(REOPEN, &[&bucket, &id.number, &state, &now_ms]).await?;
    Ok(Replayed::Yes)
}

/// Removes a push and its attempts.
pub(crate) const REMOVE: &str = "WITH attempts AS (DELETE FROM push_attempts \
     WHERE bucket = $1 AND number = $2) \
     DELETE FROM pushes WHERE bucket = $1 AND number = $2";

/// Removes a push, open or over. It is completed before, so that the next of its ordering key is made ready as behind
/// every other one.
pub(crate) async fn remove(
    transaction: &Transaction<'_>,
    id: &PushId,
    now_ms: i64,
) -> Result<(), DbError> {
    let bucket = bucket_of_number(id.number);
    let row = transaction.query_opt(LOCK, &[&bucket, &id.number]).await?;
    let Some(row) = row.filter(|row| row.get::<_, String>(0) == id.account) else { return Ok(()) };
    if row.get::<_, i16>(2) == READY {
        let over = completed(Outcome::GaveUp);
        transaction.execute(REOPEN, &[&bucket, &id.number, &over, &now_ms]).await?;
        transaction.query_opt(PROMOTE, &[&bucket, &id.number, &now_ms]).await?;
    }
    transaction.execute(REMOVE, &[&bucket, &id.number]).await?;
    Ok(())
}

/// A push of a row that begins with [`COLUMNS`].
pub(crate) fn push(row: &Row) -> Result<Push, DbError> {
    let (url, origin): (Option<String>, String) = (row.get(2), row.get(3));
    let (kind, state): (String, i16) = (row.get(4), row.get(11));
    let unknown = |what: &str| {
        DbError::Store(StoreError::Away(format!(
            "push {} has an unknown {what}",
            row.get::<_, i64>(0)
        )))
    };
    let count = |place: usize| u32::try_from(row.get::<_, i32>(place)).unwrap_or_default();
    let completed = |outcome| PushState::Completed { outcome, at_ms: row.get(13) };
    Ok(Push {
        id: PushId { account: row.get(1), number: row.get(0) },
        destination: match url {
            None => Destination::Callback,
            Some(url) => Destination::Fixed { url, origin },
        },
        kind: PushKind::from_name(&kind).ok_or_else(|| unknown("kind"))?,
        ordering_key: row.get(5),
        openid: row.get(6),
        event: row.get(7),
        create_time_s: row.get(8),
        body: Arc::from(row.get::<_, String>(9)),
        committed_ms: row.get(10),
        state: match state {
            WAITING => PushState::Waiting,
            READY => PushState::Ready { due_ms: row.get(12) },
            2 => completed(Outcome::Delivered),
            3 => completed(Outcome::GaveUp),
            4 => completed(Outcome::Unroutable),
            _ => return Err(unknown("state")),
        },
        tries: count(14),
        attempts: count(15),
    })
}

/// The first attempt of a row, whose columns begin at `place`.
pub(crate) fn first_attempt(row: &Row, place: usize) -> Option<Attempt> {
    let started_ms: Option<i64> = row.get(place);
    Some(Attempt { started_ms: started_ms?, ..attempt(row, place) })
}

/// An attempt of a row, whose columns begin at `place`.
pub(crate) fn attempt(row: &Row, place: usize) -> Attempt {
    Attempt {
        started_ms: row.get::<_, Option<i64>>(place).unwrap_or_default(),
        took_ms: row.get::<_, Option<i64>>(place + 1).unwrap_or_default(),
        status: row.get::<_, Option<i32>>(place + 2).and_then(|status| u16::try_from(status).ok()),
        problem: row.get::<_, Option<String>>(place + 3).unwrap_or_default(),
        excerpt: row.get::<_, Option<String>>(place + 4).unwrap_or_default(),
    }
}

/// Removes completed pushes and their attempts. Rows lie in the order of their commits.
pub(crate) const PURGE: &str = "WITH old AS (SELECT bucket, number FROM pushes \
     WHERE committed_ms < $1 AND completed_ms < $1 AND state >= 2 LIMIT $2 FOR UPDATE SKIP LOCKED), \
     attempts AS (DELETE FROM push_attempts a USING old \
     WHERE a.bucket = old.bucket AND a.number = old.number), \
     purged AS (DELETE FROM pushes p USING old \
     WHERE p.bucket = old.bucket AND p.number = old.number RETURNING 1) \
     SELECT count(*) FROM purged";
