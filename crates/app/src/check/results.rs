//! The pushes that report how tries ended, and the jobs that end them.

use super::look::{Look, PAGE};
use super::violation::{Found, Invariant};
use crate::invoicing::issue;
use crate::signed::result_push::{EVENT, ResultPush};
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, RequestState, TryResult};
use kaipiao_domain::people::user::OpenId;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{Job, JobId, JobQuery};
use kaipiao_ports::delivery::outbox::PushQuery;
use kaipiao_ports::errors::StoreError;

/// The end of the newest try was pushed: an invoice once, a failure at least once. Pushes that are
/// older than they are kept may be gone.
pub(super) async fn push(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    let (result, ended_at) = match &request.state {
        RequestState::Running { .. } => return Ok(()),
        RequestState::Failed { at, .. } => (TryResult::Failed, *at),
        RequestState::Issued { invoice, .. } => (TryResult::Issued, invoice.at),
    };
    let status = result.status();
    match (pushed(look, request, result).await?, result) {
        (0, _) => {
            let is_kept = look.now().await? < ended_at + look.pushes_are_kept;
            let what = format!("no push says that its try ended with status {status}");
            found.unless(!is_kept, Invariant::Push, what);
        }
        (1, _) | (_, TryResult::Failed) => {}
        (count, TryResult::Issued) => {
            let what = format!("{count} pushes say that it was issued");
            found.add(Invariant::Push, what);
        }
    }
    Ok(())
}

/// How many pushes report this end of a try, to whichever account they went.
async fn pushed(
    look: &Look<'_>,
    request: &InvoiceRequest,
    result: TryResult,
) -> Result<usize, StoreError> {
    let mut receivers = vec![&request.merchant];
    if request.asked_by != request.merchant {
        receivers.push(&request.asked_by);
    }
    let says_so = said(request, result);
    let mut count = 0;
    for receiver in receivers {
        let mut query = PushQuery {
            account: Some(receiver.to_string()),
            ordering_keys: vec![request.order_id.to_string()],
            limit: PAGE,
            ..PushQuery::default()
        };
        loop {
            let page = look.store.pushes(&query).await?;
            let of_event = page.iter().filter(|listed| listed.push.event == EVENT);
            count += of_event.filter(|listed| listed.push.body.ends_with(&says_so)).count();
            match page.last() {
                Some(last) if page.len() == PAGE => query.after = Some(last.push.id.clone()),
                _ => break,
            }
        }
    }
    Ok(count)
}

/// What stands in a result's push behind its CreateTime: that is the same whoever receives it.
fn said(request: &InvoiceRequest, result: TryResult) -> String {
    let push = ResultPush {
        to_user: "",
        from_user: &OpenId::from_checked(String::new()),
        serial: &request.serial,
        result,
        tax_id: &request.summary.seller_tax_id,
    };
    push.xml().after
}

/// Those of `running` that no job of the store will end. One pass over the jobs, whatever their
/// number.
pub(super) async fn without_job<'a>(
    look: &Look<'_>,
    running: Vec<&'a InvoiceRequest>,
) -> Result<Vec<&'a InvoiceRequest>, StoreError> {
    let mut missing: Vec<_> = running.into_iter().map(|one| (issue::job_id(one), one)).collect();
    let mut query = JobQuery { queue: Some(Queue::Issue), limit: PAGE, ..JobQuery::default() };
    while !missing.is_empty() {
        let page = look.store.jobs(&query).await?;
        missing.retain(|(id, _)| !page.iter().any(|job| job.id == *id));
        match page.last() {
            Some(last) if page.len() == PAGE => query.after = Some(last.number),
            _ => break,
        }
    }
    Ok(missing.into_iter().map(|(_, one)| one).collect())
}

/// A running request has a job.
pub(super) async fn job_of(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    if request.is_running() && !without_job(look, vec![request]).await?.is_empty() {
        found.add(Invariant::Job, "it is running, and no job will end it");
    }
    Ok(())
}

/// A job's request is there.
pub(super) async fn job(look: &Look<'_>, job: &Job, found: &mut Found) -> Result<(), StoreError> {
    let JobId { account, name, .. } = &job.id;
    match issue::names(&job.id) {
        None => found.add(Invariant::JobOrphan, "this program knows no such job"),
        Some((merchant, serial)) => {
            let is_there = look.request(&merchant, &serial).await?.is_some();
            let what = format!("{account} has no request for {name}");
            found.unless(is_there, Invariant::JobOrphan, what);
        }
    }
    Ok(())
}
