//! An invoice request, from its acceptance to an issued invoice, and back by offset (sections 14,
//! 15, 16, 19; rulings 14 to 19).
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
//! request: the order's authorization names it. Every end of a try is told to the merchant once
//! (section 19): an issued invoice has exactly one event with status 100, and none comes after it.
//!
//! A blue invoice that is issued may be offset by a red one, which is a request of its own.

use crate::access::account::AppId;
use crate::authorization::order::{Order, OrderId, OrderState};
use crate::invoicing::invoice::{Content, ContentProblem};
use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::taxpayer::{Face, MerchantCode, Taxpayer};
use crate::people::user::UserId;
use crate::{Refusal, Timestamp, text};
use core::fmt;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// A merchant's number of an invoice request: 1 to 64 characters on one line, the first six of them
/// the merchant code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(String);

impl Serial {
    /// Takes a text of 1 to 64 characters, without control characters and others that XML cannot
    /// carry: it travels in a push.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text::required("", text, Self::MAX_CHARS).is_ok();
        (fits && !text.contains(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// How many characters it may have.
    pub const MAX_CHARS: usize = 64;

    /// The serial's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 73110 unless the first six characters are the merchant's code.
    pub fn check_prefix(&self, code: &MerchantCode) -> Result<(), Refusal> {
        if self.0.starts_with(code.as_str()) {
            return Ok(());
        }
        let (code, own) = (code.as_str(), text::quoted(&self.0));
        let detail = format!("it must begin with the merchant code {code}, not {own}");
        Err(Refusal::new(ErrorCode::SerialPrefixMismatch, detail))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request is for.
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

/// Why a try failed (rulings 14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueFailure {
    /// The issuer says no: its words.
    Refused(String),
    /// The issuer cannot be reached, or answers with a fault of its own.
    Unreachable(String),
    /// The issuer was silent past the limit. It may still have issued: only the same request can
    /// find out.
    Silent,
    /// The issuer's answer cannot be read, or not be trusted.
    Unreadable(String),
}

impl IssueFailure {
    /// Its code on the wire.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(_) => ErrorCode::MakeOutFailed,
            Self::Unreachable(_) => ErrorCode::IssuerError,
            Self::Silent => ErrorCode::IssuerTimeout,
            Self::Unreadable(_) => ErrorCode::IssuerSystemError,
        }
    }

    /// The issuer's words; empty when it had none.
    pub fn words(&self) -> &str {
        match self {
            Self::Refused(words) | Self::Unreachable(words) | Self::Unreadable(words) => words,
            Self::Silent => "",
        }
    }

    fn refusal(&self) -> Refusal {
        Refusal::new(self.code(), self.words())
    }
}

/// An invoice that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedInvoice {
    /// Its code and number.
    pub number: InvoiceNumber,
    /// 20 digits; empty on a fully digital invoice.
    pub check_code: String,
    /// When it was issued.
    pub at: Timestamp,
    /// Whether it is a sample: issued without a licence, and marked so on every page for good.
    pub specimen: bool,
    /// The tax machine that a classic face names: 12 digits.
    pub machine_number: String,
}

impl IssuedInvoice {
    /// Has it the number and the check code of this face?
    fn is_of(&self, face: Face) -> bool {
        let check_code_digits = match face {
            Face::Classic => 20,
            Face::Digital => 0,
        };
        let is_digits = self.check_code.bytes().all(|b| b.is_ascii_digit());
        self.number.face() == face && is_digits && self.check_code.len() == check_code_digits
    }
}

/// Has a blue invoice been taken back?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offset {
    /// It stands.
    Standing,
    /// This red request is running, or its issuer is silent.
    Underway(Serial),
    /// This red request took it back.
    Done(Serial),
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// The issuer is asked.
    Running {
        /// When this try began.
        since: Timestamp,
    },
    /// The last try failed; the same request, repeated, is a new try.
    Failed {
        /// Why.
        failure: IssueFailure,
        /// When.
        at: Timestamp,
    },
    /// There is an invoice.
    Issued {
        /// It.
        invoice: IssuedInvoice,
        /// Has it been taken back? A red one always stands.
        offset: Offset,
    },
}

/// An invoice request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRequest {
    /// Whose it is.
    pub merchant: AppId,
    /// Its name.
    pub serial: Serial,
    /// The order that it uses.
    pub order_id: OrderId,
    /// The account that asked for the order's link: decides where results are pushed.
    pub asked_by: AppId,
    /// The user who authorized the order.
    pub user: UserId,
    /// What it is for.
    pub colour: Colour,
    /// What the merchant's invoices look like, when it was accepted.
    pub face: Face,
    /// What the invoice says.
    pub content: Content,
    /// When it was accepted first.
    pub accepted_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
}

/// What makeoutinvoice asks, its members read and checked one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeOut {
    /// The order.
    pub order_id: OrderId,
    /// The request's serial.
    pub serial: Serial,
    /// What the invoice is to say.
    pub content: Content,
}

/// What a request meets.
pub struct Facts<'a> {
    /// The merchant's taxpayer.
    pub taxpayer: &'a Taxpayer,
    /// Does the request name this user as the one who gets the invoice?
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
    /// A try begins; both records change together.
    Begins {
        /// The order whose authorization is used, or the blue invoice that is being offset.
        other: Other,
        /// The request.
        request: InvoiceRequest,
    },
    /// The issuer had been silent: it is asked again, with what it was asked before. The caller is
    /// told so (73105), not that a new request was accepted.
    AsksAgain {
        /// The request.
        request: InvoiceRequest,
    },
}

/// Why a request was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// Its code says so.
    Refused(Refusal),
    /// The content cannot stand; the wire floor names the member.
    Content(ContentProblem),
}

impl From<Refusal> for NotAccepted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl MakeOut {
    /// Section 14, in the order of rulings 14: the serial's prefix, the taxpayer, the order's
    /// authorization, who, the serial's identity, the content.
    pub fn decide(
        &self,
        order: Option<&Order>,
        facts: &Facts<'_>,
        authorization_life: Duration,
        can_print: &dyn Fn(char) -> bool,
    ) -> Result<Accepted<Order>, NotAccepted> {
        let Facts { taxpayer, names_user, known, now } = facts;
        self.serial.check_prefix(&taxpayer.code)?;
        taxpayer.check_id(&self.content.seller.tax_id)?;
        let order = order.ok_or_else(|| {
            Order::never_authorized(&self.order_id, "this account never called getauthurl for it")
        })?;
        let authorization = match &order.state {
            OrderState::Rejected { .. } => return Err(self.rejected().into()),
            OrderState::Offered => {
                return Err(self.never("the user has not authorized yet").into());
            }
            OrderState::Declined(_) => return Err(self.never("the user declined").into()),
            OrderState::Authorized(authorization) => authorization,
        };
        // One that is used keeps: an invoice may be asked after as long as there is a record of it.
        if authorization.used_by.is_none() && *now > authorization.at + authorization_life {
            return Err(self.expired().into());
        }
        if !names_user(&authorization.user) {
            return Err(another_user(&self.order_id).into());
        }
        if let Some(known) = known {
            match self.check_identity(known)? {
                Known::Issued => return Ok(Accepted::Before),
                Known::Silent => return Ok(known.asks_again(*now)),
                Known::Failed => {}
            }
        }
        if let Some(used_by) = authorization.used_by.as_ref().filter(|by| **by != self.serial) {
            let detail = format!("order {} belongs to {}", self.order_id, quoted(used_by));
            return Err(Refusal::new(ErrorCode::OrderOfOtherSerial, detail).into());
        }
        self.content.check_arithmetic().map_err(NotAccepted::Content)?;
        self.content.check_characters(can_print).map_err(NotAccepted::Content)?;
        Ok(Accepted::Begins {
            other: order.used_by(authorization, &self.serial),
            request: InvoiceRequest {
                merchant: taxpayer.merchant.clone(),
                serial: self.serial.clone(),
                order_id: self.order_id.clone(),
                asked_by: order.request.asked_by.clone(),
                user: authorization.user.clone(),
                colour: Colour::Blue,
                face: taxpayer.face,
                content: self.content.clone(),
                accepted_at: known.map_or(*now, |known| known.accepted_at),
                state: RequestState::Running { since: *now },
            },
        })
    }

    fn check_identity(&self, known: &InvoiceRequest) -> Result<Known, Refusal> {
        if known.colour != Colour::Blue {
            return Err(known.of_another("an offset"));
        }
        if known.order_id != self.order_id {
            return Err(known.of_another(&format!("order {}", known.order_id)));
        }
        known.standing()
    }

    fn never(&self, why: &str) -> Refusal {
        Order::never_authorized(&self.order_id, why)
    }

    fn rejected(&self) -> Refusal {
        let detail = format!("order_id {} was rejected, use a new order", self.order_id);
        Refusal::new(ErrorCode::RejectedByBiz, detail)
    }

    fn expired(&self) -> Refusal {
        let detail = format!("the user authorized order_id {} too long ago", self.order_id);
        Refusal::new(ErrorCode::AuthorizationExpired, detail)
    }
}

/// Where a known request stands that is neither running nor another's.
enum Known {
    Issued,
    Silent,
    Failed,
}

/// What clearoutinvoice asks: a red invoice for a blue one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeOffset {
    /// The red request's own serial.
    pub serial: Serial,
    /// The taxpayer that the request names.
    pub tax_id: String,
}

impl MakeOffset {
    /// The checks that come before the blue invoice is looked for: 73110, 73101.
    pub fn check(&self, taxpayer: &Taxpayer) -> Result<(), Refusal> {
        self.serial.check_prefix(&taxpayer.code)?;
        taxpayer.check_id(&self.tax_id)
    }

    /// Section 15: `blue` is the request that has the code and number that were named.
    pub fn decide(
        &self,
        blue: &InvoiceRequest,
        facts: &Facts<'_>,
    ) -> Result<Accepted<InvoiceRequest>, Refusal> {
        let Facts { taxpayer, names_user, known, now } = facts;
        self.check(taxpayer)?;
        if !names_user(&blue.user) {
            return Err(another_user(&blue.order_id));
        }
        if let Some(known) = known {
            match self.check_identity(known, blue)? {
                Known::Issued => return Ok(Accepted::Before),
                Known::Silent => return Ok(known.asks_again(*now)),
                Known::Failed => {}
            }
        }
        let RequestState::Issued { invoice, offset } = &blue.state else {
            return Err(Refusal::new(
                ErrorCode::InvoiceStatusError,
                "there is no such invoice yet",
            ));
        };
        if let Colour::Red { .. } = blue.colour {
            let detail = "it is a red invoice, which cannot be offset";
            return Err(Refusal::new(ErrorCode::InvoiceStatusError, detail));
        }
        check_standing(offset)?;
        let underway = Offset::Underway(self.serial.clone());
        Ok(Accepted::Begins {
            other: blue.with_offset(underway).expect("it was matched as issued"),
            request: InvoiceRequest {
                serial: self.serial.clone(),
                colour: Colour::Red { blue: blue.serial.clone() },
                content: blue.content.reversed(red_remark(&invoice.number)),
                accepted_at: known.map_or(*now, |known| known.accepted_at),
                state: RequestState::Running { since: *now },
                ..blue.clone()
            },
        })
    }

    fn check_identity(
        &self,
        known: &InvoiceRequest,
        blue: &InvoiceRequest,
    ) -> Result<Known, Refusal> {
        match &known.colour {
            Colour::Blue => Err(known.of_another("a blue invoice; an offset has its own serial")),
            Colour::Red { blue: other } if *other != blue.serial => {
                Err(known.of_another(&format!("the offset of {}", quoted(other))))
            }
            Colour::Red { .. } => known.standing(),
        }
    }
}

fn check_standing(offset: &Offset) -> Result<(), Refusal> {
    match offset {
        Offset::Standing => Ok(()),
        Offset::Underway(red) => {
            let detail = format!("it is being offset by {}", quoted(red));
            Err(Refusal::new(ErrorCode::InvoiceBusy, detail))
        }
        Offset::Done(red) => {
            let detail = format!("it was offset by {}", quoted(red));
            Err(Refusal::new(ErrorCode::InvoiceStatusError, detail))
        }
    }
}

/// The remark that a red invoice must carry (invoice-standards.md a).
fn red_remark(blue: &InvoiceNumber) -> String {
    match blue.face() {
        Face::Classic => format!("对应正数发票代码:{}号码:{}", blue.code(), blue.number()),
        Face::Digital => format!("被红冲蓝字数电发票号码：{}", blue.number()),
    }
}

fn another_user(order_id: &OrderId) -> Refusal {
    let detail = format!("it is not the user who authorized order_id {order_id}");
    Refusal::new(ErrorCode::OpenidError, detail)
}

fn quoted(serial: &Serial) -> String {
    text::quoted(serial.as_str())
}

/// What an issuer says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerAnswer {
    /// Here it is.
    Issued(IssuedInvoice),
    /// Not yet: to be asked again.
    NotYet,
    /// No invoice.
    Failed(IssueFailure),
}

/// How a try ended, as section 19 tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryResult {
    /// With an invoice.
    Issued,
    /// Without.
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
pub enum Heard {
    /// Nothing: this try has ended before.
    Nothing,
    /// Nothing yet: the issuer is asked again.
    Wait,
    /// The try has ended.
    Ended(Box<InvoiceRequest>, TryResult),
}

impl InvoiceRequest {
    /// Hears the issuer. One that says "not yet" past the limit counts as silent.
    pub fn hear(&self, answer: IssuerAnswer, limit: Duration, now: Timestamp) -> Heard {
        let RequestState::Running { since } = self.state else { return Heard::Nothing };
        let failed = |failure| RequestState::Failed { failure, at: now };
        let (state, result) = match answer {
            IssuerAnswer::NotYet if now < since + limit => return Heard::Wait,
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
        Heard::Ended(Box::new(Self { state, ..self.clone() }), result)
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

    fn with_offset(&self, offset: Offset) -> Option<Self> {
        let RequestState::Issued { invoice, .. } = &self.state else { return None };
        let invoice = invoice.clone();
        Some(Self { state: RequestState::Issued { invoice, offset }, ..self.clone() })
    }

    /// Section 16: the invoice, or why there is none.
    pub fn invoice(&self) -> Result<&IssuedInvoice, Refusal> {
        match &self.state {
            RequestState::Issued { invoice, .. } => Ok(invoice),
            RequestState::Running { .. } => Err(self.processing()),
            RequestState::Failed { failure, .. } => Err(failure.refusal()),
        }
    }

    /// 72036 while it may still become an invoice, 72024 when there is one (rulings 8).
    pub fn check_rejectable(&self) -> Result<(), Refusal> {
        match &self.state {
            RequestState::Running { .. }
            | RequestState::Failed { failure: IssueFailure::Silent, .. } => {
                let detail = format!("its invoice is being issued as {}", quoted(&self.serial));
                Err(Refusal::new(ErrorCode::InvoiceBusy, detail))
            }
            RequestState::Failed { .. } => Ok(()),
            RequestState::Issued { .. } => {
                let detail = "its invoice is issued; offset it with clearoutinvoice";
                Err(Refusal::new(ErrorCode::InvoiceStatusError, detail))
            }
        }
    }

    fn standing(&self) -> Result<Known, Refusal> {
        match &self.state {
            RequestState::Running { .. } => Err(self.processing()),
            RequestState::Failed { failure: IssueFailure::Silent, .. } => Ok(Known::Silent),
            RequestState::Failed { .. } => Ok(Known::Failed),
            RequestState::Issued { .. } => Ok(Known::Issued),
        }
    }

    fn processing(&self) -> Refusal {
        let detail = format!("{} has no result yet", quoted(&self.serial));
        Refusal::new(ErrorCode::SerialProcessing, detail)
    }

    fn asks_again<Other>(&self, now: Timestamp) -> Accepted<Other> {
        let state = RequestState::Running { since: now };
        Accepted::AsksAgain { request: Self { state, ..self.clone() } }
    }

    fn of_another(&self, whose: &str) -> Refusal {
        let detail = format!("{} is the serial of {whose}", quoted(&self.serial));
        Refusal::new(ErrorCode::SerialOfOtherOrder, detail)
    }

    /// Is an issuer being asked?
    pub const fn is_running(&self) -> bool {
        matches!(self.state, RequestState::Running { .. })
    }
}

#[cfg(test)]
mod tests;
