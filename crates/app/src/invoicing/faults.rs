//! The sandbox's scripted issuer: plays what real issuers do on their bad days (D-107).

use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::OfferedDocument;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer, NoDocument};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the issuer does to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerFault {
    /// It says no: 73000.
    Refuses,
    /// It cannot be reached: 73100.
    IsUnreachable,
    /// Its answer makes no sense: 73102.
    TalksNonsense,
    /// It has been silent past the limit already: 73105, without the waiting.
    WasSilent,
    /// It takes the request and never answers: 73105 after the limit.
    NeverAnswers,
    /// It says "not yet" for so long by the domain's clock, and then issues.
    IsLate(Duration),
}

/// An issuer that first plays its faults, one for each request that is new to it.
pub struct ScriptedIssuer {
    inner: Arc<dyn Issuer>,
    script: Mutex<Script>,
}

#[derive(Default)]
struct Script {
    faults: VecDeque<IssuerFault>,
    /// Requests that the issuer is late for, until when.
    late: HashMap<(AppId, Serial), Timestamp>,
}

/// Faults that can wait.
pub const MAX_FAULTS: usize = 10_000;

impl ScriptedIssuer {
    /// The issuer behind the script.
    pub fn new(inner: Arc<dyn Issuer>) -> Self {
        Self { inner, script: Mutex::default() }
    }

    /// Plays a fault for each of the next `n` requests, instead of what was planned before.
    pub fn play(&self, fault: IssuerFault, n: usize) {
        self.script().faults = std::iter::repeat_n(fault, n.min(MAX_FAULTS)).collect();
    }

    /// The fault that is still to be played, and for how many requests.
    pub fn planned(&self) -> Option<(IssuerFault, usize)> {
        let script = self.script();
        script.faults.front().map(|fault| (*fault, script.faults.len()))
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is played for this request; None: nothing, it is issued.
    fn next_fault(&self, request: &InvoiceRequest, now: Timestamp) -> Option<IssuerFault> {
        let key = (request.merchant.clone(), request.serial.clone());
        let mut script = self.script();
        if let Some(until) = script.late.get(&key).copied() {
            if now < until {
                return Some(IssuerFault::IsLate(until.since(now)));
            }
            script.late.remove(&key);
            return None;
        }
        let fault = script.faults.pop_front()?;
        if let IssuerFault::IsLate(for_so_long) = fault {
            script.late.insert(key, now + for_so_long);
        }
        Some(fault)
    }
}

#[async_trait]
impl Issuer for ScriptedIssuer {
    async fn issue(&self, request: &InvoiceRequest, content: &Content, now: Timestamp) -> Issuance {
        let failed = |failure: fn(String) -> IssueFailure, words: &str| {
            Issuance::from(IssuerAnswer::Failed(failure(words.to_owned())))
        };
        match self.next_fault(request, now) {
            None => self.inner.issue(request, content, now).await,
            Some(IssuerFault::Refuses) => {
                failed(IssueFailure::Refused, "the scripted issuer refuses this request")
            }
            Some(IssuerFault::IsUnreachable) => {
                failed(IssueFailure::Unreachable, "the scripted issuer is unreachable")
            }
            Some(IssuerFault::TalksNonsense) => {
                failed(IssueFailure::Unreadable, "the scripted issuer's answer makes no sense")
            }
            Some(IssuerFault::WasSilent) => IssuerAnswer::Failed(IssueFailure::Silent).into(),
            Some(IssuerFault::NeverAnswers) => std::future::pending().await,
            Some(IssuerFault::IsLate(_)) => IssuerAnswer::NotYet.into(),
        }
    }

    async fn document(
        &self,
        request: &InvoiceRequest,
        offered: &OfferedDocument,
    ) -> Result<Bytes, NoDocument> {
        self.inner.document(request, offered).await
    }
}
