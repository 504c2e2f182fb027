//! Listings of pushes: newest first within an account, with attempts, claims, and what waits behind what.

use super::pushes::{COLUMNS, READY, WAITING, attempt, completed, first_attempt, push};
use crate::bucket::bucket;
use crate::errors::DbError;
use crate::records::listing::{Query, compared};
use core::time::Duration;
use deadpool_postgres::Transaction;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::outbox::{
    Attempt, ListedPush, PushId, PushQuery, PushState, StateFilter,
};
use std::collections::HashMap;
use tokio_postgres::Row;

/// What a listing's row has behind a push's columns: how long it has been held, and the first attempt.
const FURTHER_COLUMNS: &str = "CASE WHEN p.lapses_at > statement_timestamp() THEN \
     GREATEST(0, extract(epoch FROM statement_timestamp() - p.claimed_at) * 1000)::bigint END, \
     p.first_started_ms, p.first_took_ms, p.first_status, p.first_problem, p.first_excerpt";

pub(crate) fn query(ask: &PushQuery) -> Query {
    let mut query = Query::default();
    let mut conditions = vec!["true".to_owned()];
    if let Some(account) = &ask.account {
        conditions.push(format!("p.account = {}", query.value(compared(account))));
        conditions.push(format!("p.bucket = {}", query.value(bucket(account))));
    }
    if !ask.ordering_keys.is_empty() {
        let keys: Vec<_> = ask.ordering_keys.iter().map(|key| compared(key)).collect();
        conditions.push(format!("p.ordering_key = ANY({})", query.value(keys)));
    }
    // The states stand in the text, so that the planner knows which of the indexes have them.
    conditions.extend(ask.state.map(|state| match state {
        StateFilter::Open => format!("p.state <= {READY}"),
        StateFilter::Completed(Outcome::Delivered) => "p.state = 2".to_owned(),
        StateFilter::Completed(outcome) => {
            format!("p.state >= 3 AND p.state = {}", completed(outcome))
        }
    }));
    if let Some(PushId { account, number }) = &ask.after {
        if ask.account.as_ref() == Some(account) {
            conditions.push(format!("p.number < {}", query.value(*number)));
        } else {
            let pair = (query.value(compared(account)), query.value(*number));
            conditions.push(format!("(p.account, p.number) < ({}, {})", pair.0, pair.1));
        }
    }
    let limit = query.value(i64::try_from(ask.limit).unwrap_or(i64::MAX));
    query.sql = format!(
        "SELECT {COLUMNS}, {FURTHER_COLUMNS} FROM pushes p WHERE {} \
         ORDER BY p.account DESC, p.number DESC LIMIT {limit}",
        conditions.join(" AND ")
    );
    query
}

pub(crate) const FURTHER_ATTEMPTS: &str = "SELECT a.number, a.started_ms, a.took_ms, a.status, a.problem, a.excerpt \
     FROM unnest($1::smallint[], $2::bigint[]) AS t (bucket, number) \
     JOIN push_attempts a ON a.bucket = t.bucket AND a.number = t.number ORDER BY a.number, a.attempt";

/// A page, in one look: the transaction reads one snapshot.
pub(crate) async fn list(
    transaction: &Transaction<'_>,
    ask: &PushQuery,
) -> Result<Vec<ListedPush>, DbError> {
    let query = query(ask);
    let rows = transaction.query(&query.sql, &query.values()).await?;
    let mut found = rows.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    let mut further = further_attempts(transaction, &found).await?;
    for listed in &mut found {
        listed.attempts.extend(further.remove(&listed.push.id.number).unwrap_or_default());
    }
    let ready = ready_of(transaction, &found).await?;
    for listed in found.iter_mut().filter(|listed| listed.push.state == PushState::Waiting) {
        let key = (listed.push.id.account.clone(), listed.push.ordering_key.clone());
        listed.waits_behind = ready.get(&key).cloned().map(Box::new);
    }
    Ok(found)
}

fn listed(row: &Row) -> Result<ListedPush, DbError> {
    let held_ms: Option<i64> = row.get(16);
    Ok(ListedPush {
        push: push(row)?,
        attempts: first_attempt(row, 17).into_iter().collect(),
        in_flight_for: held_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0))),
        waits_behind: None,
    })
}

async fn further_attempts(
    transaction: &Transaction<'_>,
    found: &[ListedPush],
) -> Result<HashMap<i64, Vec<Attempt>>, DbError> {
    let tried = found.iter().filter(|listed| listed.push.attempts > 1);
    let (buckets, numbers): (Vec<_>, Vec<_>) =
        tried.map(|l| (bucket(&l.push.id.account), l.push.id.number)).unzip();
    let mut further: HashMap<i64, Vec<Attempt>> = HashMap::new();
    if !numbers.is_empty() {
        for row in transaction.query(FURTHER_ATTEMPTS, &[&buckets, &numbers]).await? {
            further.entry(row.get(0)).or_default().push(attempt(&row, 1));
        }
    }
    Ok(further)
}

pub(crate) fn ready_sql() -> String {
    format!(
        "SELECT {COLUMNS}, {FURTHER_COLUMNS} FROM (SELECT DISTINCT * FROM \
         unnest($1::smallint[], $2::text[], $3::text[]) AS t (bucket, account, ordering_key)) t \
         JOIN pushes p ON p.bucket = t.bucket AND p.account = t.account \
         AND p.ordering_key = t.ordering_key AND p.state = {READY}"
    )
}

/// The ready pushes that those of a page wait behind, without their attempts.
async fn ready_of(
    transaction: &Transaction<'_>,
    found: &[ListedPush],
) -> Result<HashMap<(String, String), ListedPush>, DbError> {
    let waiting = found.iter().filter(|listed| listed.push.state == PushState::Waiting);
    let (mut buckets, mut accounts, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for ListedPush { push, .. } in waiting {
        buckets.push(bucket(&push.id.account));
        accounts.push(push.id.account.clone());
        keys.push(push.ordering_key.clone());
    }
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction.query(&ready_sql(), &[&buckets, &accounts, &keys]).await?;
    let first = rows.iter().map(|row| {
        let first = ListedPush { attempts: Vec::new(), ..listed(row)? };
        Ok(((first.push.id.account.clone(), first.push.ordering_key.clone()), first))
    });
    first.collect()
}

// The state that listings leave out by name.
const _: () = assert!(WAITING < READY);
