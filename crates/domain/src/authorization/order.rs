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
//! by one invoice request; from then on it can only be rejected when
//! that request failed.

use crate::access::account::{AppId, PlatformId};
use crate::authorization::authorization_request::{AuthorizationRequest, PageType};
use crate::authorization::order_id::{OrderId, OrderKey};
use crate::authorization::page_fields::PageFields;
use crate::authorization::rejection::RejectionReason;
use crate::authorization::user_decision::{
    Authorization, ChoiceRefused, Decider, Decline, UserChoice, UserDecision,
};
use crate::invoicing::serial::Serial;
use crate::payment::pay_merchant::MchId;
use crate::people::card_kind::CardKind;
use crate::people::title::InvoiceTitle;
use crate::people::user::UserId;
use crate::refusal::Compared;
use crate::{Refusal, Timestamp};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// How long the link of a bill serves (wire_facts 1.4): `expire_time` of getbillauthurl's answer.
pub const BILL_LINK_LIFE: Duration = Duration::from_secs(7200);

/// The state of an order.
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
        /// The moment of the rejection.
        at: Timestamp,
    },
}

/// The payment that an order stands for (section 13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPayment {
    /// The pay merchant; the order's number is the payment's.
    pub mchid: MchId,
    /// Whether all of it was given back before anybody authorized the order: nobody can any more.
    pub is_refunded: bool,
}

/// An order as far as its authorization goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The merchant whose order it is.
    pub merchant: AppId,
    /// The newest request for it.
    pub request: AuthorizationRequest,
    /// The moment of that request: the link's life begins here.
    pub offered_at: Timestamp,
    /// The payment that opened it; None: the merchant did, with getauthurl.
    pub payment: Option<OrderPayment>,
    /// Its state.
    pub state: OrderState,
}

impl Order {
    /// The order's name.
    pub fn key(&self) -> OrderKey {
        OrderKey { merchant: self.merchant.clone(), order_id: self.request.order_id.clone() }
    }

    /// Section 2: the merchant asks for an order nobody has asked for yet.
    pub fn offer(merchant: AppId, request: AuthorizationRequest, now: Timestamp) -> Self {
        Self { merchant, request, offered_at: now, payment: None, state: OrderState::Offered }
    }

    /// Section 13: a payment with an invoice entry opens an order nobody has asked for yet.
    pub fn of_payment(
        merchant: AppId,
        request: AuthorizationRequest,
        mchid: MchId,
        now: Timestamp,
    ) -> Self {
        let payment = Some(OrderPayment { mchid, is_refunded: false });
        Self { payment, ..Self::offer(merchant, request, now) }
    }

    /// A full refund of the payment closes an entry that nobody has used. None: nothing changes, the order is the
    /// merchant's to reject or its invoice to offset.
    pub fn refunded(&self, mchid: &MchId) -> Option<Self> {
        let payment =
            self.payment.as_ref().filter(|payment| payment.mchid == *mchid && self.is_unused())?;
        let payment = Some(OrderPayment { is_refunded: true, ..payment.clone() });
        Some(Self { payment, ..self.clone() })
    }

    /// Whether nobody has authorized it, and somebody still can.
    pub fn is_unused(&self) -> bool {
        let is_undecided = matches!(self.state, OrderState::Offered | OrderState::Declined(_));
        is_undecided && !self.is_refunded()
    }

    /// The order that a payment opened, once the payment's amount was corrected. An amount that the merchant's own
    /// getauthurl has named since stays.
    pub fn corrected(&self, former_fen: i64, corrected_fen: i64) -> Self {
        let is_the_payments = self.request.money_fen == former_fen;
        let money_fen = if is_the_payments { corrected_fen } else { self.request.money_fen };
        let request = AuthorizationRequest { money_fen, ..self.request.clone() };
        Self { request, ..self.clone() }
    }

    /// Whether its payment was given back before anybody authorized it.
    pub fn is_refunded(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| payment.is_refunded)
    }

    /// What an order that a payment opens has against a request: 72031, its entry opens type 1 only (D-148).
    pub fn check_paid_with_receipt(request: &AuthorizationRequest) -> Result<(), Refusal> {
        let paid = format!("order_id {} was paid with receipt=Y", request.order_id);
        match (request.card_kind, request.page_type) {
            (CardKind::Invoice, PageType::FillTitle) => Ok(()),
            (CardKind::Invoice, _) => Err(Refusal::invalid("type", format!("must be 1: {paid}"))),
            (CardKind::Bill, _) => Err(Refusal::invalid(
                "order_id",
                format!("is of an invoice, not of a bill: {paid}"),
            )),
        }
    }

    /// Section 2: the merchant asks again. Until the user authorizes, the last request wins;
    /// afterwards the call still answers and changes nothing (None), but is 72031 for a card of another kind; a rejected order
    /// is 72035.
    pub fn offer_again(
        &self,
        request: AuthorizationRequest,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        let rejected = |why: &str| {
            let detail = format!("order_id {} was {why}, use a new order_id", request.order_id);
            Err(Refusal::new(ErrorCode::RejectedByBiz, detail))
        };
        match &self.state {
            OrderState::Rejected { .. } => return rejected("rejected"),
            _ if self.is_refunded() => return rejected("refunded"),
            _ if self.payment.is_some() => Self::check_paid_with_receipt(&request)?,
            _ => {}
        }
        match &self.state {
            OrderState::Authorized(_) if request.card_kind != self.request.card_kind => {
                let kind = self.request.card_kind.name();
                let detail =
                    format!("is of the {kind} that its user has authorized, use a new one");
                Err(Refusal::invalid("order_id", detail))
            }
            OrderState::Authorized(_) | OrderState::Rejected { .. } => Ok(None),
            OrderState::Offered | OrderState::Declined(_) => {
                let payment = self.payment.clone();
                Ok(Some(Self { payment, ..Self::offer(self.merchant.clone(), request, now) }))
            }
        }
    }

    /// Whether its link's life is over, or has never begun: a clock far ahead has offered it. `link_life`: of an
    /// invoice's link; a bill's has its own.
    pub fn is_expired(&self, link_life: Duration, now: Timestamp) -> bool {
        let life = match self.request.card_kind {
            CardKind::Invoice => link_life,
            CardKind::Bill => BILL_LINK_LIFE,
        };
        self.offered_at.is_over(life, now)
    }

    /// 72038 where the user was asked for a card of another kind.
    pub fn check_kind(&self, kind: CardKind) -> Result<(), Refusal> {
        let why = match (self.request.card_kind, kind) {
            (CardKind::Bill, CardKind::Invoice) => {
                "getbillauthurl was called for it: it takes a bill, by /nontax/insertbill"
            }
            (CardKind::Invoice, CardKind::Bill) => {
                "getauthurl was called for it: it takes an invoice, not a bill"
            }
            (CardKind::Invoice, CardKind::Invoice) | (CardKind::Bill, CardKind::Bill) => {
                return Ok(());
            }
        };
        Err(Self::never_authorized(&self.request.order_id, why))
    }

    /// Section 6: the user decides on the page. None: they declined before, nothing changes.
    pub fn decide(
        &self,
        decider: Decider,
        choice: UserChoice,
        fields: &PageFields,
        link_life: Duration,
        now: Timestamp,
    ) -> Result<Option<Self>, ChoiceRefused> {
        let Decider { user, openid, paid_as } = decider;
        match &self.state {
            OrderState::Rejected { .. } => return Err(ChoiceRefused::Rejected),
            OrderState::Authorized(earlier) if earlier.user == user => {
                return Err(ChoiceRefused::AlreadyAuthorized);
            }
            OrderState::Authorized(_) => return Err(ChoiceRefused::AuthorizedByAnotherUser),
            OrderState::Offered | OrderState::Declined(_) => {}
        }
        if self.is_refunded() {
            return Err(ChoiceRefused::Refunded);
        }
        if self.is_expired(link_life, now) {
            return Err(ChoiceRefused::LinkExpired);
        }
        let state = match choice {
            UserChoice::Decline if self.is_declined_by(&user) => return Ok(None),
            UserChoice::Decline => OrderState::Declined(Decline { user, openid, at: now }),
            UserChoice::Authorize(title) => {
                let title = self.checked_title(title, fields)?;
                OrderState::Authorized(Authorization {
                    user,
                    openid,
                    paid_as,
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
    ) -> Result<Option<InvoiceTitle>, ChoiceRefused> {
        if self.request.page_type != PageType::FillTitle {
            return Ok(None);
        }
        let title = title.ok_or(ChoiceRefused::TitleMissing)?;
        let problems = fields.problems(&title);
        if problems.is_empty() { Ok(Some(title)) } else { Err(ChoiceRefused::Title(problems)) }
    }

    /// The order's yes, and nothing but a yes.
    pub fn authorization(&self) -> Option<&Authorization> {
        match &self.state {
            OrderState::Authorized(authorization) => Some(authorization),
            OrderState::Offered | OrderState::Declined(_) | OrderState::Rejected { .. } => None,
        }
    }

    /// What an inserted card has against the order's rejection: 72024.
    pub fn obstacle_of_card(&self) -> Option<Refusal> {
        let used_by = self.authorization()?.used_by.as_ref()?;
        used_by.is_inserted().then(|| {
            let order_id = &self.request.order_id;
            let detail = format!("order_id {order_id} has its card, which updatestatus cancels");
            Refusal::new(ErrorCode::InvoiceStatusError, detail)
        })
    }

    /// The order with its authorization used by an invoice request.
    pub fn used_by(&self, authorization: &Authorization, serial: &Serial) -> Self {
        let used_by = Some(serial.clone());
        let state = OrderState::Authorized(Authorization { used_by, ..authorization.clone() });
        Self { state, ..self.clone() }
    }

    /// Section 8: the merchant rejects. Also an order that the user declined; not one that nobody
    /// decided, nor one that is being issued (72036) or is issued (72024: offset it). `obstacle` is
    /// what the invoice request that uses the order has against it (D-18, D-64).
    pub fn reject(
        &self,
        platform: &PlatformId,
        reason: RejectionReason,
        obstacle: Option<Refusal>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if *platform != self.request.platform {
            let (expected, came) = (self.request.platform.as_str(), platform.as_str());
            let why = format!("it was asked for with another s_pappid, {expected} and not {came}");
            return Err(Self::never_authorized(&self.request.order_id, &why)
                .comparing(self.compared(platform)));
        }
        let decided = match &self.state {
            OrderState::Offered => {
                let why = "no user has decided yet";
                return Err(Self::never_authorized(&self.request.order_id, why)
                    .comparing(self.compared(platform).into_iter().chain([self.undecided()])));
            }
            OrderState::Rejected { .. } => {
                let detail = format!("order_id {} was rejected before", self.request.order_id);
                return Err(Refusal::new(ErrorCode::RejectedByBiz, detail));
            }
            OrderState::Declined(decline) => UserDecision::Declined(decline.clone()),
            OrderState::Authorized(authorization) => {
                obstacle.map_or(Ok(()), Err)?;
                UserDecision::Authorized(authorization.clone())
            }
        };
        Ok(Self { state: OrderState::Rejected { decided, reason, at: now }, ..self.clone() })
    }

    /// The three values of a call that have to be those of getauthurl; the platform is the one that the call names.
    pub fn compared(&self, platform: &PlatformId) -> [Compared; 3] {
        let AuthorizationRequest { order_id, platform: asked, .. } = &self.request;
        [
            Compared::same("appid", self.merchant.as_str()),
            Compared::same("order_id", order_id.as_str()),
            Compared::values("s_pappid", asked.as_str(), platform.as_str()),
        ]
    }

    /// What the user has said, where it should have been a yes.
    pub fn undecided(&self) -> Compared {
        let came = match &self.state {
            OrderState::Offered => "nobody has answered the page",
            OrderState::Declined(_) => "the user declined",
            OrderState::Authorized(_) => "authorized",
            OrderState::Rejected { .. } => "rejected by the merchant",
        };
        Compared::unlike("the user's answer", "authorized", came)
    }

    /// 72038 for an order that there is not on an account. `platform` is the s_pappid that came; None: the call has none.
    pub fn never_asked_for(
        order_id: &OrderId,
        account: &AppId,
        platform: Option<&PlatformId>,
        why: &str,
    ) -> Refusal {
        let expected =
            format!("an order that {account}, or an app bound to it, called getauthurl for");
        let platform = platform.map(|came| Compared {
            name: "s_pappid".to_owned(),
            expected: "the one that getauthurl was called with".to_owned(),
            came: came.as_str().to_owned(),
            differs: false,
        });
        let compared = [
            Compared::same("appid", account.as_str()),
            Compared::unlike("order_id", expected, order_id.as_str()),
        ];
        Self::never_authorized(order_id, why).comparing(compared.into_iter().chain(platform))
    }

    /// 72038 where this order is of another merchant than the account, for whoever may know of it: it is the appid that
    /// differs.
    pub fn asked_for_by_another(&self, account: &AppId, platform: Option<&PlatformId>) -> Refusal {
        let AuthorizationRequest { order_id, platform: asked, asked_by, .. } = &self.request;
        let why = format!("{account} never called getauthurl for it, {asked_by} did");
        let platform =
            platform.map(|came| Compared::values("s_pappid", asked.as_str(), came.as_str()));
        let compared = [
            Compared::values("appid", asked_by.as_str(), account.as_str()),
            Compared::same("order_id", order_id.as_str()),
        ];
        Self::never_authorized(order_id, &why).comparing(compared.into_iter().chain(platform))
    }

    /// 72038 with the reason that the published service leaves out (wire_facts 7 no. 2).
    pub fn never_authorized(order_id: &OrderId, why: &str) -> Refusal {
        Refusal::new(ErrorCode::OrderNeverAuthorized, format!("order_id {order_id}: {why}"))
    }
}

#[cfg(test)]
mod tests;
