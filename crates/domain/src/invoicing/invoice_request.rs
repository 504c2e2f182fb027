//! An invoice request, from its acceptance to an issued invoice, and back by offset (sections 14,
//! 15, 16, 19; D-59, D-60, D-100 to D-103).
//!
//! ```text
//!             make_out / offset            the issuer
//! (none) ──────────────────────▶ Running ─────────────▶ Issued
//!                                 ▲   │ refuses, is unreachable,
//!                    the request, │   ▼ silent, or unreadable
//!                      repeated └─ Failed
//! ```
//!
//! A request is named by its merchant and its serial. It belongs to one order, and an order has one
//! request: the order's authorization names it. The merchant is notified of every end of a try once
//! (section 19): an issued invoice has exactly one event with status 100, and none comes after it.
//!
//! A blue invoice that is issued may be offset by a red one, which is a request of its own.
//!
//! The request is the head: small, and changed with every state. Its [`Content`], up to 2,000 lines, is
//! kept beside it and written once.
//!
//! [`Content`]: crate::invoicing::content::Content

use crate::access::account::AppId;
use crate::authorization::order_id::OrderId;
use crate::invoicing::content::ContentSummary;
use crate::invoicing::face::Face;
use crate::invoicing::issue_failure::IssueFailure;
use crate::invoicing::issued_invoice::IssuedInvoice;
use crate::invoicing::serial::Serial;
use crate::people::user::{KnownAs, UserId};
use crate::{Refusal, Timestamp};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// The kind of invoice that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Colour {
    /// An invoice.
    Blue,
    /// The red invoice that offsets one.
    Red {
        /// The request of the blue invoice.
        blue: Serial,
    },
}

/// Whether a blue invoice has been taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Not taken back.
    Standing,
    /// This red request is running, or its issuer is silent.
    Underway(Serial),
    /// This red request took it back.
    Done(Serial),
}

/// The state of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// The issuer is asked.
    Running {
        /// The begin of this try.
        since: Timestamp,
    },
    /// The last try failed; the same request, repeated, is a new try.
    Failed {
        /// The reason.
        failure: IssueFailure,
        /// The end of that try.
        at: Timestamp,
    },
    /// There is an invoice.
    Issued {
        /// The invoice.
        invoice: IssuedInvoice,
        /// Whether it has been taken back; a red one never is.
        offset: Offset,
    },
}

/// An invoice request's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRequest {
    /// The merchant that asked for the invoice.
    pub merchant: AppId,
    /// The merchant's number of the request.
    pub serial: Serial,
    /// The order that it uses.
    pub order_id: OrderId,
    /// The account that asked for the order's link: decides where results are pushed.
    pub asked_by: AppId,
    /// The user who authorized the order.
    pub user: UserId,
    /// As the payment that opened the order names that user; empty: no payment has, or another user has made it.
    pub paid_as: Vec<KnownAs>,
    /// Blue, or red with the blue request that it offsets.
    pub colour: Colour,
    /// What the merchant's invoices look like, when it was accepted.
    pub face: Face,
    /// The number of its content, from 1. A failed request that is repeated brings a new content; one
    /// whose issuer was silent is asked for with the same.
    pub content_number: u32,
    /// What its content says, in short.
    pub summary: ContentSummary,
    /// The moment at which it was accepted first.
    pub accepted_at: Timestamp,
    /// Its state.
    pub state: RequestState,
}

/// What an issuer says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerAnswer {
    /// An invoice.
    Issued(IssuedInvoice),
    /// No result yet: the issuer is to be asked again.
    NotYet,
    /// No invoice, and why.
    Failed(IssueFailure),
}

/// The end of a try, as section 19 reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryResult {
    /// There is an invoice.
    Issued,
    /// There is none.
    Failed,
}

impl TryResult {
    /// `status` on the wire.
    pub const fn status(self) -> u8 {
        match self {
            Self::Issued => 100,
            Self::Failed => 2,
        }
    }
}

/// What an issuer's answer changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerOutcome {
    /// AlreadyEnded: this try has ended before.
    AlreadyEnded,
    /// AlreadyEnded yet: the issuer is asked again.
    Wait,
    /// The try has ended.
    Ended(Box<InvoiceRequest>, TryResult),
}

impl InvoiceRequest {
    /// Applies what the issuer answered. One that says "not yet" past the limit counts as silent.
    pub fn apply_issuer_answer(
        &self,
        answer: IssuerAnswer,
        limit: Duration,
        now: Timestamp,
    ) -> IssuerOutcome {
        let RequestState::Running { since } = self.state else {
            return IssuerOutcome::AlreadyEnded;
        };
        let failed = |failure| RequestState::Failed { failure, at: now };
        let (state, result) = match answer {
            IssuerAnswer::NotYet if now < since + limit => return IssuerOutcome::Wait,
            IssuerAnswer::NotYet => (failed(IssueFailure::Silent), TryResult::Failed),
            IssuerAnswer::Failed(failure) => (failed(failure), TryResult::Failed),
            IssuerAnswer::Issued(invoice) if !invoice.is_of(self.face) => {
                let words = format!("the issuer's answer is no {} invoice", self.face.name());
                (failed(IssueFailure::Unreadable(words)), TryResult::Failed)
            }
            IssuerAnswer::Issued(invoice) => {
                let offset = Offset::Standing;
                (RequestState::Issued { invoice, offset }, TryResult::Issued)
            }
        };
        IssuerOutcome::Ended(Box::new(Self { state, ..self.clone() }), result)
    }

    /// What the end of a red request's try makes of the blue one: done, standing again, or, with a
    /// silent issuer, still underway (None).
    pub fn after_red(&self, red: &Self) -> Option<Self> {
        match &red.state {
            RequestState::Issued { .. } => self.with_offset(Offset::Done(red.serial.clone())),
            RequestState::Failed { failure: IssueFailure::Silent, .. }
            | RequestState::Running { .. } => None,
            RequestState::Failed { .. } => self.with_offset(Offset::Standing),
        }
    }

    pub(super) fn with_offset(&self, offset: Offset) -> Option<Self> {
        let RequestState::Issued { invoice, .. } = &self.state else { return None };
        let invoice = invoice.clone();
        Some(Self { state: RequestState::Issued { invoice, offset }, ..self.clone() })
    }

    /// The red request that took the invoice back.
    pub const fn offset_by(&self) -> Option<&Serial> {
        match &self.state {
            RequestState::Issued { offset: Offset::Done(red), .. } => Some(red),
            _ => None,
        }
    }

    /// Section 16: the invoice, or why there is none.
    pub fn invoice(&self) -> Result<&IssuedInvoice, Refusal> {
        match &self.state {
            RequestState::Issued { invoice, .. } => Ok(invoice),
            RequestState::Running { .. } => Err(self.processing()),
            RequestState::Failed { failure, .. } => Err(failure.refusal()),
        }
    }

    /// What stands in the way of rejecting its order: 72036 while it may still become an invoice,
    /// 72024 when there is one (D-64).
    pub fn obstacle_to_rejection(&self) -> Option<Refusal> {
        match &self.state {
            RequestState::Running { .. }
            | RequestState::Failed { failure: IssueFailure::Silent, .. } => {
                let detail = format!("its invoice is being issued as {}", self.serial.quoted());
                Some(Refusal::new(ErrorCode::InvoiceBusy, detail))
            }
            RequestState::Failed { .. } => None,
            RequestState::Issued { .. } => {
                let detail = "its invoice is issued; offset it with clearoutinvoice";
                Some(Refusal::new(ErrorCode::InvoiceStatusError, detail))
            }
        }
    }

    pub(super) fn processing(&self) -> Refusal {
        let detail = format!("{} has no result yet", self.serial.quoted());
        Refusal::new(ErrorCode::SerialProcessing, detail)
    }

    /// Whether an issuer is being asked.
    pub const fn is_running(&self) -> bool {
        matches!(self.state, RequestState::Running { .. })
    }
}
