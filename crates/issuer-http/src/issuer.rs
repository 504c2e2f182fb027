//! The Issuer port over the operator's issuer.

use crate::answer::{Answer, Invoice};
use crate::exchange::{AskError, Exchange, MAX_SKEW_S};
use crate::question::{for_document, for_invoice, for_status};
use crate::signature::Secret;
use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::{DocumentKind, OfferedDocument};
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::sender::Sender;
use kaipiao_ports::invoicing::issuer::{DOCUMENT_TIME_LIMIT, Issuance, Issuer, NoDocument};
use std::sync::Arc;

/// Where the operator's issuer is, and what its invoices bear.
#[derive(Clone)]
pub struct HttpIssuerSettings {
    /// The address that `/issue`, `/offset`, `/status` and `/document` are appended to, without a slash at its end.
    pub url: String,
    /// What both sides sign with.
    pub secret: Secret,
    /// How long one question may take.
    pub time_limit: Duration,
    /// Whether invoices are samples: marked so on every page, and the issuer is told.
    pub specimen: bool,
    /// The tax machine of invoices whose answer names none: 12 digits.
    pub machine_number: String,
}

/// The operator's issuer.
pub struct HttpIssuer {
    exchange: Exchange,
    time_limit: Duration,
    specimen: bool,
    machine_number: String,
}

impl HttpIssuer {
    /// An issuer that is asked over this sender. Signatures are of the clock's real time.
    pub fn new(
        settings: HttpIssuerSettings,
        sender: Arc<dyn Sender>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let HttpIssuerSettings { url, secret, time_limit, specimen, machine_number } = settings;
        let exchange = Exchange { sender, clock, url, secret };
        Self { exchange, time_limit, specimen, machine_number }
    }

    /// Asks how a serial stands that no merchant has, which changes nothing: whether the issuer can be reached,
    /// and its answer trusted.
    pub async fn probe(&self, time_limit: Duration) -> Result<(), AskError> {
        let question = for_status("wx0000000000000000", "kaipiao doctor");
        self.exchange.ask(question, time_limit).await.map(|_| ())
    }

    /// How long a document may take: as any answer, and no longer than the port allows.
    fn document_time_limit(&self) -> Duration {
        self.time_limit.min(DOCUMENT_TIME_LIMIT)
    }

    /// The invoice, unless it was made of another content than this one, or in the future.
    fn issued(&self, invoice: Invoice, content_digest: &str) -> Result<Issuance, AskError> {
        let Invoice { content_digest: made_of, number, check_code, at, machine_number, documents } =
            invoice;
        if made_of != content_digest {
            let (code, number) = (number.code(), number.number());
            let words = format!(
                "the issuer has issued {code} {number} for this serial already, with another content; send what was sent then"
            );
            return Ok(IssuerAnswer::Failed(IssueFailure::Unreadable(words)).into());
        }
        if at > self.exchange.clock.real_now() + Duration::from_secs(MAX_SKEW_S) {
            return Err(AskError::Unreadable("issued_at is in the future".to_owned()));
        }
        let answer = IssuerAnswer::Issued(IssuedInvoice {
            number,
            check_code,
            at,
            specimen: self.specimen,
            machine_number: machine_number.unwrap_or_else(|| self.machine_number.clone()),
            from_outside: true,
            documents: Vec::new(),
        });
        Ok(Issuance { answer, offered: documents })
    }

    fn understood(&self, answer: Answer, content_digest: &str) -> Result<Issuance, AskError> {
        match answer {
            Answer::Issued(invoice) => self.issued(invoice, content_digest),
            Answer::Refused(words) => Ok(IssuerAnswer::Failed(IssueFailure::Refused(words)).into()),
            Answer::NotYet => Ok(IssuerAnswer::NotYet.into()),
            Answer::Unknown => {
                Err(AskError::Unreadable("unknown is none to this question".to_owned()))
            }
        }
    }
}

#[async_trait]
impl Issuer for HttpIssuer {
    async fn issue(&self, request: &InvoiceRequest, content: &Content, _: Timestamp) -> Issuance {
        let (question, content_digest) = for_invoice(request, content, self.specimen);
        let answered = self.exchange.ask(question, self.time_limit).await;
        let understood = answered.and_then(|answer| self.understood(answer, &content_digest));
        understood.unwrap_or_else(|why| {
            let (merchant, serial) = (&request.merchant, request.serial.as_str());
            tracing::warn!(%merchant, serial, %why, "the issuer did not answer as it should");
            IssuerAnswer::Failed(failure(why)).into()
        })
    }

    async fn document(
        &self,
        request: &InvoiceRequest,
        offered: &OfferedDocument,
    ) -> Result<Bytes, NoDocument> {
        let (question, limit) = (for_document(request, offered.kind), self.document_time_limit());
        self.exchange.ask_for(question, offered, limit).await.map_err(|why| {
            let (merchant, serial, kind) =
                (&request.merchant, request.serial.as_str(), offered.kind.name());
            tracing::warn!(%merchant, serial, kind, %why, "the issuer did not give a document");
            no_document(offered.kind, &why)
        })
    }
}

/// Whether a document is asked for again: whatever keeps the issuer from giving it may pass, what it gave may not.
fn no_document(kind: DocumentKind, why: &AskError) -> NoDocument {
    match why {
        // Not Found, Request Timeout, Too Many Requests: an archive may lag behind its issuer, or be busy.
        AskError::Unreachable(_)
        | AskError::Fault(_)
        | AskError::Silent(_)
        | AskError::Status(404 | 408 | 429) => NoDocument::NotYet,
        AskError::Status(_)
        | AskError::Unsigned(_)
        | AskError::Forged
        | AskError::Stale(_)
        | AskError::TooLong(_)
        | AskError::OtherDocument(_)
        | AskError::Unreadable(_) => {
            let kind = kind.name();
            NoDocument::Unreadable(format!(
                "the issuer's {kind} of the invoice was not taken: {why}"
            ))
        }
    }
}

/// What the merchant is told: nothing of addresses, which the operator finds in the log.
fn failure(why: AskError) -> IssueFailure {
    match why {
        AskError::Unreachable(_) => {
            IssueFailure::Unreachable("the issuer cannot be reached".to_owned())
        }
        AskError::Fault(status) => {
            IssueFailure::Unreachable(format!("the issuer has a fault of its own: status {status}"))
        }
        AskError::Silent(_) => IssueFailure::Silent,
        AskError::Status(_)
        | AskError::Unsigned(_)
        | AskError::Forged
        | AskError::Stale(_)
        | AskError::TooLong(_)
        | AskError::OtherDocument(_)
        | AskError::Unreadable(_) => {
            IssueFailure::Unreadable(format!("the issuer cannot be trusted: {why}"))
        }
    }
}
