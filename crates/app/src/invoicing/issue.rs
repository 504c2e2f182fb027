//! The issuing of accepted requests: asks the issuer, and records what it says.
//!
//! The request, its job and later the invoice, its number and its push are each one commit with what
//! they follow from. In between, a process may die at any moment: the job is offered again, and the
//! issuer is asked again. What is recorded expects the request as it was asked: of two who ask at the
//! same time only one counts, and an answer to an earlier try is never taken for a later one's.

use crate::app::App;
use crate::delivery::jobs;
use crate::delivery::worker::{Ended, Hold, LOOK_EVERY, Place, Work, Worker, until_recorded};
use crate::failure::Failure;
use crate::invoicing::taken_numbers::{self, taken};
use crate::invoicing::{outside_documents, requests, s19_result_push};
use crate::metrics::IssuerSays;
use crate::metrics::history::Event;
use crate::reimbursement::status_push;
use crate::settings::Concurrency;
use crate::signed::card_id;
use crate::store_access::{Decision, FirstTry, decide_reading, get};
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::{
    Colour, InvoiceRequest, IssuerAnswer, IssuerOutcome, TryResult,
};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_domain::people::message::Message;
use kaipiao_ports::delivery::claims::{Claim, ClaimRequest, Claimed, Queue};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId};
use kaipiao_ports::delivery::outbox::NewPush;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::invoicing::issuer::Issuance;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::invoicing::invoice_number::NumberOwner;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::people::card::{CodeOwner, card_key, card_key_of};
use kaipiao_records::people::message::message_key;
use kaipiao_records::record::{self, Versioned};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// What stands before the serial in a job's name.
const JOB: &str = "issue/";

/// The job of issuing a request, due at once.
pub(crate) fn issue_job(request: &InvoiceRequest, now: kaipiao_domain::Timestamp) -> JobChange {
    JobChange::Due { id: job_id(request), due_ms: now.unix_millis() }
}

pub(crate) fn job_id(request: &InvoiceRequest) -> JobId {
    let name = format!("{JOB}{}", request.serial);
    JobId { queue: Queue::Issue, account: request.merchant.to_string(), name }
}

/// Issues what the app has accepted until `stop` resolves.
pub async fn run(app: Arc<App>, stop: impl Future<Output = ()>) {
    Worker::new(Issuing(app)).run(stop).await;
}

struct Issuing(Arc<App>);

#[async_trait::async_trait]
impl Work for Issuing {
    type Item = Job;
    const QUEUE: Queue = Queue::Issue;

    fn app(&self) -> &App {
        &self.0
    }

    fn name(job: &Job) -> String {
        format!("{} {} {}", job.id.account, job.id.name, job.attempts)
    }

    fn concurrency(&self) -> Concurrency {
        self.0.settings.issuing.concurrency
    }

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Job>, StoreError> {
        self.0.store.claim_jobs(Self::QUEUE, request).await
    }

    async fn work(&self, Claim { work: job, token }: Claim<Job>, place: Place, _: &Hold) -> Ended {
        let span = tracing::debug_span!("issuing", merchant = job.id.account, job = job.id.name);
        match issue(&self.0, &job.id, place).instrument(span).await {
            // What is due next, the commit has announced.
            Ok(()) => Ended::default(),
            Err(failure) => jobs::fail(&self.0, &job, token, failure.to_string()).await,
        }
    }

    async fn panicked(&self, Claim { work: job, token }: Claim<Job>) -> Ended {
        jobs::fail(&self.0, &job, token, "an internal error of this server".to_owned()).await
    }
}

/// Does a job to its end.
async fn issue(app: &App, job: &JobId, place: Place) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::Damaged(format!("{} {}: {why}", job.account, job.name));
    let (merchant, serial) = names(job).ok_or_else(|| wrong("this program knows no such job"))?;
    let read = || requests::find_versioned(app, &merchant, &serial);
    let found = until_recorded(&serial, read).await?;
    let found = found.ok_or_else(|| wrong("its request is not there"))?;
    let answer = match found.value.is_running() {
        true => {
            let read = || requests::content_of(app, &found.value);
            let content = until_recorded(&serial, read).await?;
            let said = ask_issuer(app, &found.value, &content).await;
            outside_documents::keep(app, &found.value, said).await
        }
        // Somebody else has ended it: only the job is left.
        false => IssuerAnswer::NotYet,
    };
    place.give_back(None);
    until_recorded(&serial, || record_answer(app, job, found.clone(), &answer)).await
}

pub(crate) fn names(job: &JobId) -> Option<(AppId, Serial)> {
    Some((AppId::parse(&job.account)?, Serial::parse(job.name.strip_prefix(JOB)?)?))
}

async fn ask_issuer(app: &App, request: &InvoiceRequest, content: &Content) -> Issuance {
    let limit = app.settings.issuing.concurrency.time_limit;
    let asked = app.issuer.issue(request, content, app.now());
    let silent = |_| IssuerAnswer::Failed(IssueFailure::Silent).into();
    let started = Instant::now();
    let said: Issuance = tokio::time::timeout(limit, asked).await.unwrap_or_else(silent);
    let says = match &said.answer {
        IssuerAnswer::Issued(_) => IssuerSays::Issued,
        IssuerAnswer::NotYet => IssuerSays::NotYet,
        IssuerAnswer::Failed(_) => IssuerSays::Failed,
    };
    app.metrics().work.note_issuer(says, started.elapsed());
    said
}

/// Records what the issuer said to the request as it was `asked`. When another try of it has
/// begun meanwhile, the answer is not that one's, and neither is the end of the job.
async fn record_answer(
    app: &App,
    job: &JobId,
    asked: Versioned<InvoiceRequest>,
    answer: &IssuerAnswer,
) -> Result<(), Failure> {
    let key = request_key(&asked.value.merchant, &asked.value.serial);
    let state = asked.value.state.clone();
    let state = &state;
    let ended = decide_reading(app, key, FirstTry::HasRead(asked), |found, attempt| async move {
        let request: Option<InvoiceRequest> = found;
        let Some(request) = request.filter(|request| request.state == *state) else {
            return Ok(Decision::alone(None, None));
        };
        let done = || vec![JobChange::Done(job.clone())];
        let answer = match attempt {
            0 => answer.clone(),
            _ => checked(app, &request, answer).await?,
        };
        let (limit, now) = (app.settings.issuing.concurrency.time_limit, app.now());
        let (next, result) = match request.apply_issuer_answer(answer, limit, now) {
            // Saved as it is: so it is sure that no other try has begun when the job ends.
            IssuerOutcome::AlreadyEnded => {
                return Ok(Decision { jobs: done(), ..Decision::alone(Some(request), None) });
            }
            IssuerOutcome::Wait => {
                let due_ms = (now + LOOK_EVERY).unix_millis();
                let jobs = vec![JobChange::Due { id: job.clone(), due_ms }];
                return Ok(Decision { jobs, ..Decision::alone(None, None) });
            }
            IssuerOutcome::Ended(next, result) => (*next, result),
        };
        log(&next, result);
        let mut also = number_of(&next);
        also.extend(card_of(app, &next));
        let (of_blue, to_company) = blue_after(app, &next).await?;
        also.extend(of_blue);
        // Each attempt after a conflict says a moment of its own: the message's name may be taken.
        let moment = now + Duration::from_millis(attempt as u64);
        also.extend(message_of(&next, moment));
        let result_push = s19_result_push::result_push(app, &next, result).await?;
        let pushes = std::iter::once(result_push).chain(to_company).collect();
        Ok::<_, Failure>(Decision {
            next: Some(next),
            also,
            pushes,
            jobs: done(),
            result: Some(result),
        })
    })
    .await?;
    match ended {
        Some(TryResult::Issued) => app.note(Event::InvoiceIssued),
        Some(TryResult::Failed) => app.note(Event::InvoiceFailed),
        None => {}
    }
    Ok(())
}

/// The number of an invoice that was issued just now, saved as nobody else's, be it issued or inserted; and one that was
/// issued here in its place among the merchant's. Outside, two years' numbers may have the same place.
fn number_of(request: &InvoiceRequest) -> Vec<Save> {
    let Ok(IssuedInvoice { number, from_outside, .. }) = request.invoice() else {
        return Vec::new();
    };
    let mut saves = vec![taken(&number.clone().into(), &request.merchant, &request.serial)];
    if !from_outside {
        let owner = NumberOwner { number: number.clone(), serial: request.serial.clone() };
        saves.push(record::save(owner.key(&request.merchant), Expect::Absent, &owner));
    }
    saves
}

/// The user's message about the end of a try, saved as a new one: one that was sent is never changed.
fn message_of(request: &InvoiceRequest, moment: kaipiao_domain::Timestamp) -> Option<Save> {
    let message = Message::of_end(request, moment)?;
    Some(record::save(message_key(&message), Expect::Absent, &message))
}

/// What the end of a red request's try makes of the blue one, and of its card; and what the company is told
/// that had the card.
async fn blue_after(
    app: &App,
    red: &InvoiceRequest,
) -> Result<(Vec<Save>, Option<NewPush>), Failure> {
    let unchanged = Ok((Vec::new(), None));
    let Colour::Red { blue } = &red.colour else { return unchanged };
    let found = requests::find_versioned(app, &red.merchant, blue).await?;
    let Some(Versioned { value: blue, version }) = found else { return unchanged };
    let Some(after) = blue.after_red(red) else { return unchanged };
    let key = request_key(&red.merchant, &after.serial);
    let blue_save = record::save(key, Expect::Version(version), &after);
    let Some((card_save, push)) = card_after_offset(app, &after).await? else {
        return Ok((vec![blue_save], None));
    };
    Ok((vec![blue_save, card_save], push))
}

/// The card of an invoice that has been taken back.
async fn card_after_offset(
    app: &App,
    blue: &InvoiceRequest,
) -> Result<Option<(Save, Option<NewPush>)>, Failure> {
    let (Some(red), Some(key)) = (blue.offset_by(), card_key_of(blue)) else { return Ok(None) };
    let found: Option<Versioned<InvoiceCard>> = record::get(&*app.store, &key).await?;
    let Some(Versioned { value: before, version }) = found else { return Ok(None) };
    let card = before.with_status(before.status.offset(red.clone()));
    let push = match before.status.company() {
        Some(company) => status_push::to(app, company, &blue.into(), &card).await?,
        None => None,
    };
    Ok(Some((record::save(key, Expect::Version(version), &card), push)))
}

/// The issuer's answer, unless its number is another invoice's: such an answer cannot be
/// trusted. Read only after a conflict, since an issuer in its senses never does it.
async fn checked(
    app: &App,
    request: &InvoiceRequest,
    answer: &IssuerAnswer,
) -> Result<IssuerAnswer, Failure> {
    let IssuerAnswer::Issued(invoice) = answer else { return Ok(answer.clone()) };
    let number = invoice.number.clone().into();
    let is_anothers = is_place_used(app, request, invoice).await?
        || taken_numbers::holder(app, &number).await?.is_some_and(|holder| {
            holder.merchant != request.merchant || holder.serial != request.serial
        });
    if !is_anothers {
        return Ok(answer.clone());
    }
    let (code, number) = (invoice.number.code(), invoice.number.number());
    let words = format!("the issuer gave the number {code} {number}, which another invoice has");
    Ok(IssuerAnswer::Failed(IssueFailure::Unreadable(words)))
}

/// Whether another invoice of the merchant's has the place that a number issued here has.
async fn is_place_used(
    app: &App,
    request: &InvoiceRequest,
    invoice: &IssuedInvoice,
) -> Result<bool, Failure> {
    if invoice.from_outside {
        return Ok(false);
    }
    let (number, serial) = (invoice.number.clone(), request.serial.clone());
    let key = NumberOwner { number, serial }.key(&request.merchant);
    let owner: Option<NumberOwner> = get(app, &key).await?;
    Ok(owner.is_some_and(|owner| owner.serial != request.serial))
}

/// The new card of an invoice that was issued just now, and its code, saved as no other card's. A code
/// that another card has is a conflict, after which another one is drawn.
fn card_of(app: &App, request: &InvoiceRequest) -> Vec<Save> {
    let card_id = card_id::make(&app.keys, &request.merchant);
    let code = CardCode::from_random(u64::from_be_bytes(app.random()));
    let Some(card) = InvoiceCard::of(request, card_id, code) else { return Vec::new() };
    let code_key = CodeOwner::key(card.template_owner(), &card.code);
    vec![
        record::save(card_key(&card), Expect::Absent, &card),
        record::save(code_key, Expect::Absent, &CodeOwner::from(&card)),
    ]
}

fn log(request: &InvoiceRequest, result: TryResult) {
    let (merchant, serial) = (&request.merchant, request.serial.as_str());
    match request.invoice() {
        Ok(invoice) => {
            let number = invoice.number.number();
            tracing::debug!(%merchant, serial, number, "an invoice was issued");
        }
        Err(why) => {
            let (status, why) = (result.status(), why.to_string());
            tracing::warn!(%merchant, serial, status, why, "an invoice was not issued");
        }
    }
}

#[cfg(test)]
mod tests;
