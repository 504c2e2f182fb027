//! An order's authorization: asked for (section 2), decided by a user (section 6), read by the
//! merchant (section 7), rejected by the merchant (section 8).
//!
//! ```text
//!            offer                 authorize
//! (none) ───────────▶ Offered ───────────────▶ Authorized
//!                      ▲   │ decline              │
//!                offer │   ▼                      │ reject
//!                     Declined ──────────────▶ Rejected
//!                                  reject
//! ```
//!
//! `authorize` also leads from Declined to Authorized: declining is a "not now" that the merchant
//! makes final by rejecting (deviations, D-16). No arrow leaves Rejected. An authorization is used
//! by one invoice request ([`crate::invoicing::invoice_request`]); from then on it can only be rejected when
//! that request failed.

use crate::access::account::{AppId, PlatformId};
use crate::authorization::page_fields::{FieldProblem, PageFields};
use crate::invoicing::invoice_request::{InvoiceRequest, Serial};
use crate::people::title::InvoiceTitle;
use crate::people::user::{OpenId, UserId};
use crate::{Refusal, Timestamp, text};
use core::fmt;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// A merchant's order number: 1 to 64 characters, as the merchant wrote it (rulings, Wire).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(String);

impl OrderId {
    /// Checks a merchant's order number: on one line, since it travels in links, pushes and logs.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        text::required("order_id", text, 64)?;
        if text.contains(char::is_control) {
            return Err(Refusal::invalid("order_id", "holds a control character"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The order number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names an order: two merchants that use the same order number never meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// The merchant's Official Account, also for calls by the apps bound to it.
    pub merchant: AppId,
    /// The merchant's order number.
    pub order_id: OrderId,
}

/// Where the page is opened (section 2's `source`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A mobile app, through WeChat's SDK.
    App,
    /// A page inside WeChat.
    Web,
    /// A mini program.
    Wxa,
    /// An ordinary web page.
    Wap,
}

impl Source {
    /// Every source, in the contract's order.
    pub const ALL: [Self; 4] = [Self::App, Self::Web, Self::Wxa, Self::Wap];

    /// Its text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Web => "web",
            Self::Wxa => "wxa",
            Self::Wap => "wap",
        }
    }

    /// Reads the wire's text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }

    /// Is `redirect_url` kept for this source? (rulings 2: web and wap)
    pub const fn redirects(self) -> bool {
        matches!(self, Self::Web | Self::Wap)
    }
}

/// What the page is for (section 2's `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageType {
    /// 0: apply for an invoice; the merchant has the title already.
    Apply,
    /// 1: fill in a title and apply.
    FillTitle,
    /// 2: collect an invoice that is already issued.
    Collect,
}

impl PageType {
    /// Every type, in the contract's order.
    pub const ALL: [Self; 3] = [Self::Apply, Self::FillTitle, Self::Collect];

    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Apply => 0,
            Self::FillTitle => 1,
            Self::Collect => 2,
        }
    }

    /// Reads the wire's number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|page_type| page_type.number() == number)
    }
}

/// What the merchant asked for with getauthurl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The invoicing platform.
    pub platform: PlatformId,
    /// The order.
    pub order_id: OrderId,
    /// The order's amount in fen; shown to the user.
    pub money_fen: i64,
    /// The merchant's own timestamp, unix seconds; a larger number saturates (facts 1.5).
    pub timestamp: u32,
    /// Where the page is opened.
    pub source: Source,
    /// Where the user goes afterwards; empty unless the source redirects.
    pub redirect_url: String,
    /// What the page is for.
    pub page_type: PageType,
    /// The account that called: `AuthorizeAppId` of the push.
    pub asked_by: AppId,
}

/// A user's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who.
    pub user: UserId,
    /// Who, as the merchant knows them.
    pub openid: OpenId,
    /// When: `auth_time`.
    pub at: Timestamp,
    /// The title; only on type 1 pages.
    pub title: Option<InvoiceTitle>,
    /// The invoice request that uses it. It never changes again: an order has one invoice, and how
    /// far that is, the request says.
    pub used_by: Option<Serial>,
}

/// A user's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// Who.
    pub user: UserId,
    /// Who, as the merchant knows them.
    pub openid: OpenId,
    /// When.
    pub at: Timestamp,
}

/// The decision that a merchant rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserDecision {
    /// The user had authorized.
    Authorized(Authorization),
    /// The user had declined.
    Declined(Decline),
}

impl UserDecision {
    /// Who had decided.
    pub fn user(&self) -> &UserId {
        match self {
            Self::Authorized(authorization) => &authorization.user,
            Self::Declined(decline) => &decline.user,
        }
    }

    /// When they had.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Authorized(authorization) => authorization.at,
            Self::Declined(decline) => decline.at,
        }
    }
}

/// What rejectinsert says to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionReason {
    /// Why: 1 to 256 characters.
    pub reason: String,
    /// Where to go next; empty when the merchant gave no link.
    pub url: String,
}

impl RejectionReason {
    /// Checks the merchant's words.
    pub fn check(&self) -> Result<(), Refusal> {
        text::required("reason", &self.reason, 256)?;
        if self.url.is_empty() { Ok(()) } else { text::web_link("url", &self.url) }
    }
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// The merchant has asked, the user has not decided.
    Offered,
    /// The user has said no, and may still say yes.
    Declined(Decline),
    /// The user has said yes; bound to that user for good.
    Authorized(Authorization),
    /// The merchant has said no; final.
    Rejected {
        /// What the user had decided.
        decided: UserDecision,
        /// The merchant's words.
        reason: RejectionReason,
        /// When.
        at: Timestamp,
    },
}

/// An order as far as its authorization goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The merchant whose order it is.
    pub merchant: AppId,
    /// The newest request for it.
    pub request: AuthorizationRequest,
    /// When that request came: the link's life begins here.
    pub offered_at: Timestamp,
    /// Where it stands.
    pub state: OrderState,
}

/// A person's answer on the authorization page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, with the title of a type 1 page.
    Authorize(Option<InvoiceTitle>),
    /// No.
    Decline,
}

/// Why a user's answer was not taken. Pages say it in words; it never travels as an errcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerRefused {
    /// The link's life is over.
    LinkExpired,
    /// The user had authorized before.
    AlreadyAuthorized,
    /// Another user had authorized before.
    AuthorizedByAnotherUser,
    /// The merchant has rejected the order.
    Rejected,
    /// A type 1 page without a title.
    TitleMissing,
    /// Fields of the title that cannot stand.
    Title(Vec<FieldProblem>),
}

impl fmt::Display for AnswerRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkExpired => {
                f.write_str("the link has expired, ask the merchant for a new one")
            }
            Self::AlreadyAuthorized => f.write_str("this user has already authorized the order"),
            Self::AuthorizedByAnotherUser => {
                f.write_str("another user has already authorized the order")
            }
            Self::Rejected => f.write_str("the merchant has rejected invoicing for the order"),
            Self::TitleMissing => {
                f.write_str("title is missing: a type 1 page needs user_field or biz_field")
            }
            Self::Title(problems) => {
                f.write_str("title:")?;
                problems.iter().try_for_each(|p| write!(f, " {} is {:?};", p.field, p.kind))
            }
        }
    }
}

impl Order {
    /// What names this order.
    pub fn key(&self) -> OrderKey {
        OrderKey { merchant: self.merchant.clone(), order_id: self.request.order_id.clone() }
    }

    /// Section 2: the merchant asks for an order nobody has asked for yet.
    pub fn offer(merchant: AppId, request: AuthorizationRequest, now: Timestamp) -> Self {
        Self { merchant, request, offered_at: now, state: OrderState::Offered }
    }

    /// Section 2: the merchant asks again. Until the user authorizes, the last request wins;
    /// afterwards the call still answers and changes nothing (None); a rejected order is 72035.
    pub fn offer_again(
        &self,
        request: AuthorizationRequest,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        match &self.state {
            OrderState::Rejected { .. } => Err(Refusal::new(
                ErrorCode::RejectedByBiz,
                format!("order_id {} was rejected, use a new order_id", request.order_id),
            )),
            OrderState::Authorized(_) => Ok(None),
            OrderState::Offered | OrderState::Declined(_) => {
                Ok(Some(Self::offer(self.merchant.clone(), request, now)))
            }
        }
    }

    /// Is its link's life over?
    pub fn is_expired(&self, link_life: Duration, now: Timestamp) -> bool {
        now > self.offered_at + link_life
    }

    /// Section 6: the user answers on the page. None: they declined before, nothing changes.
    pub fn answer(
        &self,
        user: UserId,
        openid: OpenId,
        answer: Answer,
        fields: &PageFields,
        link_life: Duration,
        now: Timestamp,
    ) -> Result<Option<Self>, AnswerRefused> {
        match &self.state {
            OrderState::Rejected { .. } => return Err(AnswerRefused::Rejected),
            OrderState::Authorized(earlier) if earlier.user == user => {
                return Err(AnswerRefused::AlreadyAuthorized);
            }
            OrderState::Authorized(_) => return Err(AnswerRefused::AuthorizedByAnotherUser),
            OrderState::Offered | OrderState::Declined(_) => {}
        }
        if self.is_expired(link_life, now) {
            return Err(AnswerRefused::LinkExpired);
        }
        let state = match answer {
            Answer::Decline if self.is_declined_by(&user) => return Ok(None),
            Answer::Decline => OrderState::Declined(Decline { user, openid, at: now }),
            Answer::Authorize(title) => {
                let title = self.checked_title(title, fields)?;
                OrderState::Authorized(Authorization {
                    user,
                    openid,
                    at: now,
                    title,
                    used_by: None,
                })
            }
        };
        Ok(Some(Self { state, ..self.clone() }))
    }

    fn is_declined_by(&self, user: &UserId) -> bool {
        matches!(&self.state, OrderState::Declined(decline) if decline.user == *user)
    }

    /// A type 1 page hands over a title that satisfies the merchant's fields; the other types
    /// hand over none.
    fn checked_title(
        &self,
        title: Option<InvoiceTitle>,
        fields: &PageFields,
    ) -> Result<Option<InvoiceTitle>, AnswerRefused> {
        if self.request.page_type != PageType::FillTitle {
            return Ok(None);
        }
        let title = title.ok_or(AnswerRefused::TitleMissing)?;
        let problems = fields.problems(&title);
        if problems.is_empty() { Ok(Some(title)) } else { Err(AnswerRefused::Title(problems)) }
    }

    /// The order's yes, and nothing but a yes.
    pub fn authorization(&self) -> Option<&Authorization> {
        match &self.state {
            OrderState::Authorized(authorization) => Some(authorization),
            OrderState::Offered | OrderState::Declined(_) | OrderState::Rejected { .. } => None,
        }
    }

    /// The order with its authorization used by an invoice request.
    pub fn used_by(&self, authorization: &Authorization, serial: &Serial) -> Self {
        let used_by = Some(serial.clone());
        let state = OrderState::Authorized(Authorization { used_by, ..authorization.clone() });
        Self { state, ..self.clone() }
    }

    /// Section 8: the merchant rejects. Also an order that the user declined; not one that nobody
    /// decided, nor one that is being issued (72036) or is issued (72024: offset it). `invoice` is
    /// the request that uses the order (rulings 8).
    pub fn reject(
        &self,
        platform: &PlatformId,
        reason: RejectionReason,
        invoice: Option<&InvoiceRequest>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if *platform != self.request.platform {
            return Err(Self::never_authorized(
                &self.request.order_id,
                "it was authorized for another s_pappid",
            ));
        }
        let decided = match &self.state {
            OrderState::Offered => {
                return Err(Self::never_authorized(
                    &self.request.order_id,
                    "no user has decided yet",
                ));
            }
            OrderState::Rejected { .. } => {
                let detail = format!("order_id {} was rejected before", self.request.order_id);
                return Err(Refusal::new(ErrorCode::RejectedByBiz, detail));
            }
            OrderState::Declined(decline) => UserDecision::Declined(decline.clone()),
            OrderState::Authorized(authorization) => {
                invoice.map_or(Ok(()), InvoiceRequest::check_rejectable)?;
                UserDecision::Authorized(authorization.clone())
            }
        };
        Ok(Self { state: OrderState::Rejected { decided, reason, at: now }, ..self.clone() })
    }

    /// 72038 with the reason that the published service leaves out (facts 7, no. 2).
    pub fn never_authorized(order_id: &OrderId, why: &str) -> Refusal {
        Refusal::new(ErrorCode::OrderNeverAuthorized, format!("order_id {order_id}: {why}"))
    }
}

/// Section 7's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationStatus {
    /// "never auth": nobody has authorized; `hint` says why it looks so (facts 7, no. 3).
    Never {
        /// For people; goes into errmsg behind "ok".
        hint: String,
    },
    /// "auth success".
    Authorized {
        /// `auth_time`.
        at: Timestamp,
        /// `user_auth_info`, type 1 only.
        title: Option<InvoiceTitle>,
    },
    /// "reject insert".
    Rejected {
        /// `auth_time`: when the user had decided.
        decided_at: Timestamp,
        /// `user_auth_info`, type 1 only.
        title: Option<InvoiceTitle>,
    },
}

impl AuthorizationStatus {
    /// Reads an order's status for a merchant that names `platform`. An unknown order and a
    /// foreign platform both read "never auth" (facts 6.2, rulings 7).
    pub fn of(order: Option<&Order>, order_id: &OrderId, platform: &PlatformId) -> Self {
        let never = |hint: &str| Self::Never { hint: format!("order_id {order_id}: {hint}") };
        let Some(order) = order else {
            return never("this account never called getauthurl for it");
        };
        if order.request.platform != *platform {
            return never("getauthurl was called with another s_pappid");
        }
        match &order.state {
            OrderState::Offered => never("the user has not authorized yet"),
            OrderState::Declined(_) => never("the user declined"),
            OrderState::Authorized(authorization) => {
                Self::Authorized { at: authorization.at, title: authorization.title.clone() }
            }
            OrderState::Rejected { decided, .. } => Self::Rejected {
                decided_at: decided.at(),
                title: match decided {
                    UserDecision::Authorized(authorization) => authorization.title.clone(),
                    UserDecision::Declined(_) => None,
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::title::PersonalTitle;

    const LIFE: Duration = Duration::from_secs(100);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_700_000_000_000 + seconds * 1000)
    }

    fn platform(n: u8) -> PlatformId {
        PlatformId::from_checked(format!("platform{n}"))
    }

    fn request(page_type: PageType) -> AuthorizationRequest {
        AuthorizationRequest {
            platform: platform(1),
            order_id: OrderId::parse("1234").unwrap(),
            money_fen: 11,
            timestamp: 1_474_875_876,
            source: Source::Web,
            redirect_url: String::new(),
            page_type,
            asked_by: AppId::parse("wx6b61697069616f31").unwrap(),
        }
    }

    fn offered(page_type: PageType) -> Order {
        Order::offer(AppId::parse("wx6b61697069616f31").unwrap(), request(page_type), at(0))
    }

    fn user(name: &str) -> (UserId, OpenId) {
        (UserId::parse(name).unwrap(), OpenId::from_checked(format!("o{name}")))
    }

    fn title() -> Option<InvoiceTitle> {
        Some(InvoiceTitle::Personal(PersonalTitle { title: "张三".into(), ..Default::default() }))
    }

    fn answer(
        order: &Order,
        who: &str,
        answer: Answer,
        seconds: i64,
    ) -> Result<Option<Order>, AnswerRefused> {
        let (user, openid) = user(who);
        order.answer(user, openid, answer, &PageFields::never_set(), LIFE, at(seconds))
    }

    fn authorized() -> Order {
        answer(&offered(PageType::Apply), "amy", Answer::Authorize(None), 1).unwrap().unwrap()
    }

    fn declined() -> Order {
        answer(&offered(PageType::Apply), "amy", Answer::Decline, 1).unwrap().unwrap()
    }

    fn reason() -> RejectionReason {
        RejectionReason { reason: "refund".into(), url: String::new() }
    }

    fn rejected() -> Order {
        authorized().reject(&platform(1), reason(), None, at(2)).unwrap()
    }

    /// The state table, whole: every state against every verb.
    #[test]
    fn the_state_table() {
        let states = [offered(PageType::Apply), declined(), authorized(), rejected()];
        let offers: Vec<_> = states
            .iter()
            .map(|order| order.offer_again(request(PageType::Collect), at(3)).map_err(|r| r.code))
            .map(|result| result.map(|next| next.map(|order| order.state)))
            .collect();
        assert_eq!(
            offers,
            [
                Ok(Some(OrderState::Offered)),
                Ok(Some(OrderState::Offered)),
                Ok(None),
                Err(ErrorCode::RejectedByBiz)
            ]
        );

        let yes = |order: &Order, who| {
            answer(order, who, Answer::Authorize(None), 3).map(|o| o.is_some())
        };
        assert_eq!(
            states.each_ref().map(|order| yes(order, "amy")),
            [
                Ok(true),
                Ok(true),
                Err(AnswerRefused::AlreadyAuthorized),
                Err(AnswerRefused::Rejected)
            ]
        );
        assert_eq!(
            states.each_ref().map(|order| yes(order, "bob")),
            [
                Ok(true),
                Ok(true),
                Err(AnswerRefused::AuthorizedByAnotherUser),
                Err(AnswerRefused::Rejected)
            ]
        );

        let no = |order: &Order| answer(order, "amy", Answer::Decline, 3).map(|o| o.is_some());
        assert_eq!(
            states.each_ref().map(no),
            [
                Ok(true),
                Ok(false),
                Err(AnswerRefused::AlreadyAuthorized),
                Err(AnswerRefused::Rejected)
            ]
        );

        let (bob, openid) = user("bob");
        let other_no = states[1]
            .answer(bob.clone(), openid, Answer::Decline, &PageFields::never_set(), LIFE, at(3))
            .unwrap()
            .expect("another user's no is news");
        assert!(matches!(other_no.state, OrderState::Declined(no) if no.user == bob));

        let reject = |order: &Order| {
            order.reject(&platform(1), reason(), None, at(4)).map(|_| ()).map_err(|r| r.code)
        };
        assert_eq!(
            states.each_ref().map(reject),
            [Err(ErrorCode::OrderNeverAuthorized), Ok(()), Ok(()), Err(ErrorCode::RejectedByBiz)]
        );
    }

    #[test]
    fn the_last_request_wins_until_the_user_authorizes() {
        let again = offered(PageType::Apply)
            .offer_again(request(PageType::FillTitle), at(9))
            .unwrap()
            .unwrap();
        assert_eq!((again.request.page_type, again.offered_at), (PageType::FillTitle, at(9)));
    }

    #[test]
    fn a_link_has_a_life_to_the_millisecond() {
        let order = offered(PageType::Apply);
        assert!(answer(&order, "amy", Answer::Authorize(None), 100).is_ok());
        assert_eq!(
            answer(&order, "amy", Answer::Authorize(None), 101),
            Err(AnswerRefused::LinkExpired)
        );
    }

    #[test]
    fn only_a_type_1_page_hands_over_a_title() {
        let order = offered(PageType::FillTitle);
        assert_eq!(
            answer(&order, "amy", Answer::Authorize(None), 1),
            Err(AnswerRefused::TitleMissing)
        );
        let done = answer(&order, "amy", Answer::Authorize(title()), 1).unwrap().unwrap();
        let status = AuthorizationStatus::of(Some(&done), &done.request.order_id, &platform(1));
        assert_eq!(status, AuthorizationStatus::Authorized { at: at(1), title: title() });

        let other = answer(&offered(PageType::Collect), "amy", Answer::Authorize(title()), 1)
            .unwrap()
            .unwrap();
        let OrderState::Authorized(authorization) = other.state else { panic!("not authorized") };
        assert_eq!(authorization.title, None);
    }

    #[test]
    fn a_foreign_platform_reads_never_auth_and_cannot_reject() {
        let order = authorized();
        let status = AuthorizationStatus::of(Some(&order), &order.request.order_id, &platform(2));
        assert!(matches!(status, AuthorizationStatus::Never { .. }));
        let refusal = order.reject(&platform(2), reason(), None, at(5)).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::OrderNeverAuthorized);
    }

    #[test]
    fn a_rejected_order_keeps_what_the_user_decided() {
        let order = rejected();
        let status = AuthorizationStatus::of(Some(&order), &order.request.order_id, &platform(1));
        assert_eq!(status, AuthorizationStatus::Rejected { decided_at: at(1), title: None });
        let no = declined().reject(&platform(1), reason(), None, at(4)).unwrap();
        assert!(matches!(
            no.state,
            OrderState::Rejected { decided: UserDecision::Declined(_), .. }
        ));
    }

    #[test]
    fn wire_names_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
        for page_type in PageType::ALL {
            assert_eq!(PageType::from_number(page_type.number()), Some(page_type));
        }
    }
}
