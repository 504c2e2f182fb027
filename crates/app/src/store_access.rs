//! How use cases read and change records: read, decide, commit one value, and again when somebody
//! else was faster.

use crate::app::App;
use crate::failure::Failure;
use core::future::ready;
use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::jobs::JobChange;
use kaipiao_ports::delivery::outbox::NewPush;
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Expect, Key, Save};
use kaipiao_ports::store::Commit;
use kaipiao_records::record::{self, Record, Versioned};
use tracing::Instrument;

/// Attempts before a contended record is answered 72036 (D-27).
pub(crate) const ATTEMPTS: usize = 5;

/// A rule's decision over a record.
pub(crate) struct Decision<T, R> {
    /// The record's next value; None: it stays.
    pub next: Option<T>,
    /// Other records saved in the same commit.
    pub also: Vec<Save>,
    /// Pushes made in the same commit.
    pub pushes: Vec<NewPush>,
    /// Jobs that follow, and jobs that have ended.
    pub jobs: Vec<JobChange>,
    /// Returned to the caller once everything is on disk.
    pub result: R,
}

impl<T, R> Decision<T, R> {
    /// A decision that changes its own record at most.
    pub(crate) fn alone(next: Option<T>, result: R) -> Self {
        Self { next, also: Vec::new(), pushes: Vec::new(), jobs: Vec::new(), result }
    }
}

/// The beginning of the first attempt.
pub(crate) enum FirstTry<T> {
    /// Reads the record as the store has it now: a decision that changes nothing commits nothing, so no
    /// conflict would show that it was taken on an old value.
    Reads,
    /// Takes it for absent and lets the commit find out: saves a read where that is the rule.
    TakesItForAbsent,
    /// Uses what was read a moment ago.
    HasRead(Versioned<T>),
}

/// Reads a record that may be absent, as the store has it at this moment: before somebody is turned
/// away for what another node may have changed.
pub(crate) async fn get_fresh<T: Record>(app: &App, key: &Key) -> Result<Option<T>, Failure> {
    Ok(record::get_fresh(&*app.store, key).await?.map(|found| found.value))
}

/// Reads a record that may be absent; a remembered value is good enough. That there is none is not remembered:
/// another node may have made it a moment ago.
pub(crate) async fn get<T: Record>(app: &App, key: &Key) -> Result<Option<T>, Failure> {
    match record::get(&*app.store, key).await? {
        None if T::KIND.is_resident() => get_fresh(app, key).await,
        found => Ok(found.map(|found| found.value)),
    }
}

/// Saves one record, whatever stood there before: for values that a caller gives whole, where the
/// last one counts. Nothing in such a value comes from what it replaces.
pub(crate) async fn put<T: Record>(app: &App, key: Key, value: &T) -> Result<(), Failure> {
    let saves = vec![record::save(key, Expect::Any, value)];
    commit(app, Commit::of(saves)).await.map_err(Failure::from)
}

/// Saves one record unless it is there already. True: it was new.
pub(crate) async fn add<T: Record>(app: &App, key: Key, value: &T) -> Result<bool, Failure> {
    commit_unless_changed(app, Commit::of(vec![record::save(key, Expect::Absent, value)])).await
}

/// Reads, decides, commits; when somebody else was faster, reads and decides again.
pub(crate) async fn decide<T: Record, R: Send, E: From<Failure> + Send>(
    app: &App,
    key: Key,
    first_try: FirstTry<T>,
    mut rule: impl FnMut(Option<T>) -> Result<Decision<T, R>, E>,
) -> Result<R, E> {
    decide_reading(app, key, first_try, |found, _| ready(rule(found))).await
}

/// The same with a rule that reads more than the record, and is given the attempt's number, from 0.
pub(crate) async fn decide_reading<T: Record, R, E: From<Failure>, Deciding>(
    app: &App,
    key: Key,
    first_try: FirstTry<T>,
    mut rule: impl FnMut(Option<T>, usize) -> Deciding,
) -> Result<R, E>
where
    Deciding: Future<Output = Result<Decision<T, R>, E>>,
{
    let mut first_try = Some(first_try);
    for attempt in 0..ATTEMPTS {
        let found = match first_try.take() {
            Some(FirstTry::TakesItForAbsent) => None,
            Some(FirstTry::HasRead(found)) => Some(found),
            Some(FirstTry::Reads) | None => {
                record::get_fresh(&*app.store, &key).await.map_err(Failure::from)?
            }
        };
        let expect = Versioned::expect(found.as_ref());
        let decision = rule(found.map(|found| found.value), attempt).await?;
        if let Some(result) = commit_decision(app, &key, expect, decision).await? {
            return Ok(result);
        }
    }
    Err(busy().into())
}

/// Commits what was decided. None: somebody else was faster.
async fn commit_decision<T: Record, R>(
    app: &App,
    key: &Key,
    expect: Expect,
    decision: Decision<T, R>,
) -> Result<Option<R>, Failure> {
    let Decision { next, also, pushes, jobs, result } = decision;
    let next = next.map(|next| record::save(key.clone(), expect, &next));
    let saves: Vec<_> = next.into_iter().chain(also).collect();
    if saves.is_empty() && pushes.is_empty() && jobs.is_empty() {
        return Ok(Some(result));
    }
    let is_committed = commit_unless_changed(app, Commit { saves, pushes, jobs }).await?;
    Ok(is_committed.then_some(result))
}

/// Commits one value, and passes on what it has made due.
pub(crate) async fn commit(app: &App, value: Commit) -> Result<(), CommitError> {
    let (saves, pushes, jobs) = (value.saves.len(), value.pushes.len(), value.jobs.len());
    let span = tracing::debug_span!("commit", saves, pushes, jobs);
    let committed = app.store.commit(value).instrument(span).await?;
    app.mailboxes.deliver(committed);
    app.tell_change();
    Ok(())
}

/// The same of a value that was decided on what the store had. False: somebody else was faster.
pub(crate) async fn commit_unless_changed(app: &App, value: Commit) -> Result<bool, Failure> {
    match commit(app, value).await {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn busy() -> Failure {
    let detail = "others are changing the same record, try again";
    Refusal::new(ErrorCode::InvoiceBusy, detail).into()
}
