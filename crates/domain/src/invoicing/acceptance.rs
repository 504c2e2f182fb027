//! What makeoutinvoice and clearoutinvoice have in common: what a request meets, and what becomes
//! of it.

use crate::authorization::order_id::OrderId;
use crate::invoicing::content::{Content, ContentProblem};
use crate::invoicing::invoice_request::{InvoiceRequest, RequestState};
use crate::invoicing::issue_failure::IssueFailure;
use crate::invoicing::taxpayer::Taxpayer;
use crate::people::user::UserId;
use crate::refusal::Compared;
use crate::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;

/// The records and the moment that a request is decided with.
pub struct RequestContext<'a> {
    /// The merchant's taxpayer.
    pub taxpayer: &'a Taxpayer,
    /// The openid that the request names.
    pub openid: &'a str,
    /// Whether the request names this user as the one who gets the invoice.
    pub names_user: &'a dyn Fn(&UserId) -> bool,
    /// The request that the merchant has under the same serial.
    pub known: Option<&'a InvoiceRequest>,
    /// The domain's now.
    pub now: Timestamp,
}

/// What an accepted request changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted<Other> {
    /// The invoice was issued before: success again, and nothing changes.
    Before,
    /// A try begins; all records change together.
    Begins {
        /// The order whose authorization is used, or the blue invoice that is being offset.
        other: Other,
        /// The request.
        request: InvoiceRequest,
        /// Its content, which replaces the one of the try before.
        content: Box<Content>,
    },
    /// The issuer had been silent: it is asked again, with what it was asked before. The caller gets
    /// 73105 for it, not the answer of a new request.
    AsksAgain {
        /// The request.
        request: InvoiceRequest,
    },
}

/// The reason for which a request was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// Its code says so.
    Refused(Refusal),
    /// The content cannot stand; the wire layer names the member.
    Content(ContentProblem),
}

impl From<Refusal> for NotAccepted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The state of a known request that is neither running nor another's.
pub(super) enum KnownStatus {
    /// It has its invoice.
    Issued,
    /// Its issuer was silent: the try may still have made an invoice.
    Silent,
    /// Its last try failed for certain.
    Failed,
}

impl InvoiceRequest {
    /// 73107 while it is running.
    pub(super) fn known_status(&self) -> Result<KnownStatus, Refusal> {
        match &self.state {
            RequestState::Running { .. } => Err(self.processing()),
            RequestState::Failed { failure: IssueFailure::Silent, .. } => Ok(KnownStatus::Silent),
            RequestState::Failed { .. } => Ok(KnownStatus::Failed),
            RequestState::Issued { .. } => Ok(KnownStatus::Issued),
        }
    }

    /// A new try at what the issuer was silent about.
    pub(super) fn asks_again<Other>(&self, now: Timestamp) -> Accepted<Other> {
        let state = RequestState::Running { since: now };
        Accepted::AsksAgain { request: Self { state, ..self.clone() } }
    }

    /// 73106: the serial names another request; `came` is what it would name now.
    pub(super) fn serial_of_another(&self, whose: &str, came: &str) -> Refusal {
        let detail = format!("{} is the serial of {whose}", self.serial.quoted());
        let serial = Compared::same("serial", self.serial.as_str());
        let use_of_it = Compared::unlike("what the serial is of", whose, came);
        Refusal::new(ErrorCode::SerialOfOtherOrder, detail).comparing([serial, use_of_it])
    }
}

/// The number of the content of a try that begins behind what is known.
pub(super) fn next_content_number(known: Option<&InvoiceRequest>) -> u32 {
    known.map_or(1, |known| known.content_number + 1)
}

/// 73001: the request names somebody else, by the openid that `came`, than `expected`: an openid, or words for it.
pub(super) fn another_user(order_id: &OrderId, expected: &str, came: &str) -> Refusal {
    let detail = format!("it is not the user who authorized order_id {order_id}");
    let order = Compared::same("order_id", order_id.as_str());
    let user = Compared::unlike("openid", expected, came);
    Refusal::new(ErrorCode::OpenidError, detail).comparing([order, user])
}
