//! The sandbox's scripted issuer: plays what real issuers do on their bad days (D-107).

use crate::faults::{DocumentFault, Fault, Faults, IssuerFault, Planned, Struck};
use async_trait::async_trait;
use bytes::Bytes;
use core::fmt;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::OfferedDocument;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer, NoDocument};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An issuer that first plays its faults, one for each request that is new to it.
pub struct ScriptedIssuer {
    inner: Arc<dyn Issuer>,
    faults: Arc<Faults>,
    /// Requests that the issuer is late for, until when.
    late: Mutex<HashMap<(AppId, Serial), Timestamp>>,
}

impl ScriptedIssuer {
    /// The issuer behind the script.
    pub fn new(inner: Arc<dyn Issuer>, faults: Arc<Faults>) -> Self {
        Self { inner, faults, late: Mutex::default() }
    }

    /// What is played for this request; None: nothing, it is issued.
    fn next_fault(&self, request: &InvoiceRequest, now: Timestamp) -> Option<IssuerFault> {
        let key = (request.merchant.clone(), request.serial.clone());
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = late.get(&key).copied() {
            if now < until {
                return Some(IssuerFault::IsLate(until.since(now)));
            }
            late.remove(&key);
            return None;
        }
        let picks = |planned: &Planned| match planned.plan.fault {
            Fault::Issuer(fault) => Some(fault),
            _ => None,
        };
        let fault = self.strike(request, &request.serial, picks)?;
        if let IssuerFault::IsLate(for_so_long) = fault {
            late.insert(key, now + for_so_long);
        }
        Some(fault)
    }

    /// What is played with a request, and its line in the log.
    fn strike<T>(
        &self,
        request: &InvoiceRequest,
        to: impl fmt::Display,
        picks: impl Fn(&Planned) -> Option<T>,
    ) -> Option<T> {
        let Struck { id, fault } = self.faults.strike(&[request.merchant.as_str()], &to, picks)?;
        tracing::info!(fault = id, merchant = %request.merchant, %to, "a fault was played");
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
        let picks = |planned: &Planned| match planned.plan.fault {
            Fault::Document(fault) => Some(fault),
            _ => None,
        };
        let kind = offered.kind.name();
        let fault = self.strike(request, format!("{kind} of {}", request.serial), picks);
        match fault {
            None => {}
            Some(DocumentFault::IsMissing) => return Err(NoDocument::NotYet),
            Some(DocumentFault::IsWrong) => {
                let words = format!("the scripted issuer's {kind} is not the one that it named");
                return Err(NoDocument::Unreadable(words));
            }
            Some(DocumentFault::IsLate(for_so_long)) => pause(for_so_long).await,
        }
        self.inner.document(request, offered).await
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow issuer takes real time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
