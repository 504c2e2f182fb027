//! The issuing of accepted requests: asks the issuer, and records what it says (design 3).
//!
//! The request, its job and later the invoice, its number and its push are each one commit with what
//! they follow from. In between, a process may die at any moment: the job is offered again, and the
//! issuer is asked again. What is recorded expects the request as it was asked: of two who ask at the
//! same time only one counts, and an answer to an earlier try is never taken for a later one's.

use crate::delivery::worker::{LOOK_EVERY, Places, Work, until_taken};
use crate::{App, Decision, Failure, FirstTry};
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{
    Colour, Heard, InvoiceRequest, IssueFailure, IssuerAnswer, Serial, TryResult,
};
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId};
use kaipiao_ports::delivery::outbox::LeaseAsk;
use kaipiao_ports::store::{Expect, ReadError, Save};
use kaipiao_records::invoicing::invoice_number::NumberOwner;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::people::card::card_key;
use kaipiao_records::record::{self, Versioned};
use std::sync::Arc;
use tokio::sync::Notify;

/// How invoices are issued.
#[derive(Clone, Debug, Default)]
pub struct IssuingSettings {
    /// Requests at once; the time limit is the issuer's, for one answer and for a whole try: one
    /// that is silent for longer, or says "not yet" for longer, is 73105.
    pub places: Places,
    /// How long a user's yes can be used for an invoice.
    pub authorization_life: Duration,
    /// Are merchants that have no range of numbers allotted one? The sandbox's are.
    pub allots_numbers: bool,
}

/// What stands before the serial in a job's name.
const JOB: &str = "issue/";

/// The job of issuing a request, due at once.
pub(crate) fn issue_job(request: &InvoiceRequest, now: kaipiao_domain::Timestamp) -> JobChange {
    JobChange::Due { id: job_id(request), due_ms: now.unix_millis() }
}

fn job_id(request: &InvoiceRequest) -> JobId {
    let name = format!("{JOB}{}", request.serial);
    JobId { account: request.merchant.to_string(), name }
}

/// Issues what the app has accepted.
pub struct Issuing(pub Arc<App>);

#[async_trait::async_trait]
impl Work for Issuing {
    type Item = Job;

    fn app(&self) -> &App {
        &self.0
    }

    fn places(&self) -> Places {
        self.0.settings.issuing.places
    }

    fn hint(&self) -> &Notify {
        &self.0.job_hint
    }

    async fn lease(&self, ask: LeaseAsk) -> Result<(Vec<Job>, Option<i64>), ReadError> {
        let leases = self.0.store.lease_jobs(ask).await?;
        Ok((leases.taken, leases.next_due_ms))
    }

    async fn work(&self, job: Job) {
        let app = &self.0;
        let Some((merchant, serial)) = names(&job.id) else {
            tracing::error!(job = job.id.name, "a job that this program does not know");
            return;
        };
        let read = || app.versioned_request(&merchant, &serial);
        let Some(found) = until_taken(&serial, read).await else { return };
        let Some(found) = found else {
            tracing::error!(%merchant, ?serial, "a job without its request");
            return;
        };
        let answer = match found.value.is_running() {
            true => app.ask_issuer(&found.value).await,
            // Somebody else has ended it: only the job is left.
            false => IssuerAnswer::NotYet,
        };
        let record = || app.record(&job.id, found.clone(), &answer);
        until_taken(&serial, record).await;
    }
}

fn names(job: &JobId) -> Option<(AppId, Serial)> {
    Some((AppId::parse(&job.account)?, Serial::parse(job.name.strip_prefix(JOB)?)?))
}

impl App {
    /// A merchant's request with that serial.
    pub async fn request(
        &self,
        merchant: &AppId,
        serial: &Serial,
    ) -> Result<Option<InvoiceRequest>, Failure> {
        self.get(&request_key(merchant, serial)).await
    }

    async fn ask_issuer(&self, request: &InvoiceRequest) -> IssuerAnswer {
        let limit = self.settings.issuing.places.time_limit;
        let asked = self.issuer.issue(request, self.now());
        let silent = |_| IssuerAnswer::Failed(IssueFailure::Silent);
        tokio::time::timeout(limit, asked).await.unwrap_or_else(silent)
    }

    /// Records what the issuer said to the request as it was `asked`. When another try of it has
    /// begun meanwhile, the answer is not that one's, and neither is the end of the job.
    async fn record(
        &self,
        job: &JobId,
        asked: Versioned<InvoiceRequest>,
        answer: &IssuerAnswer,
    ) -> Result<(), Failure> {
        let key = request_key(&asked.value.merchant, &asked.value.serial);
        let state = asked.value.state.clone();
        let state = &state;
        self.decide_reading(key, FirstTry::HasRead(asked), |found, attempt| async move {
            let request: Option<InvoiceRequest> = found;
            let Some(request) = request.filter(|request| request.state == *state) else {
                return Ok(Decision::alone(None, ()));
            };
            let done = || vec![JobChange::Done(job.clone())];
            let answer = match attempt {
                0 => answer.clone(),
                _ => self.checked(&request, answer).await?,
            };
            let (limit, now) = (self.settings.issuing.places.time_limit, self.now());
            let (next, result) = match request.hear(answer, limit, now) {
                // Saved as it is: so it is sure that no other try has begun when the job ends.
                Heard::Nothing => {
                    return Ok(Decision { jobs: done(), ..Decision::alone(Some(request), ()) });
                }
                Heard::Wait => {
                    let due_ms = (now + LOOK_EVERY).unix_millis();
                    let jobs = vec![JobChange::Due { id: job.clone(), due_ms }];
                    return Ok(Decision { jobs, ..Decision::alone(None, ()) });
                }
                Heard::Ended(next, result) => (*next, result),
            };
            log(&next, result);
            let mut also: Vec<Save> = self.number_of(&next).into_iter().collect();
            also.extend(card_of(&next));
            also.extend(self.blue_after(&next).await?);
            let pushes = vec![self.result_push(&next, result).await?];
            Ok::<_, Failure>(Decision { next: Some(next), also, pushes, jobs: done(), result: () })
        })
        .await
    }

    /// The number of an invoice that was issued just now, saved as nobody else's.
    fn number_of(&self, request: &InvoiceRequest) -> Option<Save> {
        let number = request.invoice().ok()?.number.clone();
        let owner = NumberOwner { number, serial: request.serial.clone() };
        Some(record::save(owner.key(&request.merchant), Expect::Absent, &owner))
    }

    /// What the end of a red request's try makes of the blue one, and of its card.
    async fn blue_after(&self, red: &InvoiceRequest) -> Result<Vec<Save>, Failure> {
        let Colour::Red { blue } = &red.colour else { return Ok(Vec::new()) };
        let found = self.versioned_request(&red.merchant, blue).await?;
        let Some(Versioned { value: blue, version }) = found else { return Ok(Vec::new()) };
        let Some(after) = blue.after_red(red) else { return Ok(Vec::new()) };
        let key = request_key(&red.merchant, &after.serial);
        let mut saves = vec![record::save(key, Expect::Version(version), &after)];
        saves.extend(card_of(&after));
        Ok(saves)
    }

    /// The issuer's answer, unless its number is another invoice's: such an answer cannot be
    /// trusted. Read only after a conflict, since an issuer in its senses never does it.
    async fn checked(
        &self,
        request: &InvoiceRequest,
        answer: &IssuerAnswer,
    ) -> Result<IssuerAnswer, Failure> {
        let IssuerAnswer::Issued(invoice) = answer else { return Ok(answer.clone()) };
        let (number, serial) = (invoice.number.clone(), request.serial.clone());
        let key = NumberOwner { number, serial }.key(&request.merchant);
        let owner: Option<NumberOwner> = self.get(&key).await?;
        Ok(match owner {
            Some(owner) if owner.serial != request.serial => {
                let (code, number) = (invoice.number.code(), invoice.number.number());
                let words = format!("the issuer gave the number {code} {number} a second time");
                IssuerAnswer::Failed(IssueFailure::Unreadable(words))
            }
            _ => answer.clone(),
        })
    }
}

/// The card of an invoice as it is now. What it follows from is in the same commit.
fn card_of(request: &InvoiceRequest) -> Option<Save> {
    InvoiceCard::of(request).map(|card| record::save(card_key(&card), Expect::Any, &card))
}

fn log(request: &InvoiceRequest, result: TryResult) {
    let (merchant, serial) = (&request.merchant, &request.serial);
    match request.invoice() {
        Ok(invoice) => {
            let number = invoice.number.number();
            tracing::debug!(%merchant, ?serial, number, "an invoice was issued");
        }
        Err(why) => {
            let status = result.status();
            tracing::warn!(%merchant, ?serial, status, ?why, "an invoice was not issued");
        }
    }
}
