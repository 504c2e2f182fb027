//! Pushes, jobs and claims, as the laws write them.

use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::claims::{
    ClaimRequest, ClaimToken, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobClaim, JobId, JobQuery};
use kaipiao_ports::delivery::outbox::{
    Attempt, Destination, ListedPush, NewBody, NewPush, Next, PushClaim, PushId, PushQuery,
    PushReport,
};
use kaipiao_ports::store::{Commit, Store};
use std::time::Duration;

pub(crate) const LONG: Duration = Duration::from_secs(600);

pub(crate) fn turn(account: &str) -> TurnKey {
    TurnKey { account: account.into(), origin: String::new() }
}

pub(crate) fn request(turn: &TurnKey, due_by_ms: i64) -> ClaimRequest<'_> {
    ClaimRequest { turn, due_by_ms, lapses_in: LONG, limit: 100, holder: "node" }
}

/// Every turn with due work, page by page.
pub(crate) async fn due_turns(store: &dyn Store, queue: Queue, due_by_ms: i64) -> Vec<DueTurn> {
    let mut all: Vec<DueTurn> = Vec::new();
    loop {
        let after = all.last().map(|due| due.turn.clone());
        let page = store.due_turns(queue, due_by_ms, after.as_ref(), 7).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(crate) fn push(account: &str, ordering_key: &str, now_ms: i64) -> NewPush {
    NewPush {
        account: account.into(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: ordering_key.into(),
        openid: format!("o{account}"),
        event: "user_authorize_invoice",
        body: NewBody::Untimed { before: format!("<{ordering_key} "), after: ">".into() },
        now_ms,
    }
}

pub(crate) async fn commit_pushes(store: &dyn Store, pushes: Vec<NewPush>) {
    store.commit(Commit { pushes, ..Commit::default() }).await.unwrap();
}

/// Claims every push that is due, turn by turn.
pub(crate) async fn claim_pushes(store: &dyn Store, due_by_ms: i64) -> Vec<PushClaim> {
    claim_pushes_for(store, due_by_ms, LONG).await
}

pub(crate) async fn claim_pushes_for(
    store: &dyn Store,
    due_by_ms: i64,
    lapses_in: Duration,
) -> Vec<PushClaim> {
    let mut claims = Vec::new();
    for DueTurn { turn, .. } in due_turns(store, Queue::Push, due_by_ms).await {
        let request = ClaimRequest { lapses_in, ..request(&turn, due_by_ms) };
        claims.extend(store.claim_pushes(&request).await.unwrap().claims);
    }
    claims
}

pub(crate) fn ordering_keys(claims: &[PushClaim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.work.ordering_key.as_str()).collect()
}

pub(crate) fn report(token: ClaimToken, next: Next) -> PushReport {
    let attempt = Attempt {
        started_ms: 1,
        took_ms: 2,
        status: Some(200),
        problem: String::new(),
        excerpt: "success".into(),
    };
    PushReport { token, attempt: Some(attempt), next }
}

pub(crate) const fn delivered(now_ms: i64) -> Next {
    Next::Complete { outcome: Outcome::Delivered, now_ms }
}

pub(crate) async fn complete(store: &dyn Store, claim: &PushClaim, next: Next) -> Reported {
    store.complete_push(report(claim.token, next)).await.unwrap()
}

/// What a report that counts came to.
pub(crate) const fn counted(next_due_ms: Option<i64>) -> Reported {
    Reported::Counted { next_due_ms }
}

pub(crate) async fn all_pushes(store: &dyn Store) -> Vec<ListedPush> {
    store.pushes(&PushQuery { limit: 100_000, ..PushQuery::default() }).await.unwrap()
}

/// The id of the push that was committed last.
pub(crate) async fn last_push(store: &dyn Store) -> PushId {
    let ids = all_pushes(store).await.into_iter().map(|listed| listed.push.id);
    ids.max_by_key(|id| id.number).unwrap()
}

pub(crate) fn job_id(account: &str, name: impl ToString) -> JobId {
    JobId { queue: Queue::Issue, account: account.into(), name: name.to_string() }
}

pub(crate) fn due(account: &str, name: impl ToString, due_ms: i64) -> JobChange {
    JobChange::Due { id: job_id(account, name), due_ms }
}

pub(crate) fn done(job: &Job) -> JobChange {
    JobChange::Done(job.id.clone())
}

pub(crate) async fn change_jobs(store: &dyn Store, jobs: Vec<JobChange>) {
    store.commit(Commit { jobs, ..Commit::default() }).await.unwrap();
}

/// Claims every job that is due, turn by turn.
pub(crate) async fn claim_jobs(store: &dyn Store, due_by_ms: i64) -> Vec<JobClaim> {
    claim_jobs_for(store, due_by_ms, LONG).await
}

pub(crate) async fn claim_jobs_for(
    store: &dyn Store,
    due_by_ms: i64,
    lapses_in: Duration,
) -> Vec<JobClaim> {
    let mut claims = Vec::new();
    for DueTurn { turn, .. } in due_turns(store, Queue::Issue, due_by_ms).await {
        let request = ClaimRequest { lapses_in, ..request(&turn, due_by_ms) };
        claims.extend(store.claim_jobs(Queue::Issue, &request).await.unwrap().claims);
    }
    claims
}

pub(crate) async fn all_jobs(store: &dyn Store) -> Vec<Job> {
    store.jobs(&JobQuery { limit: 100_000, ..JobQuery::default() }).await.unwrap()
}
