//! Section 13: the invoice entry that a payment with `receipt=Y` shows to its payer, and why it shows none.

use crate::authorization::authorization_request::{AuthorizationRequest, PageType, Source};
use crate::authorization::order::{Order, OrderState};
use crate::authorization::order_id::OrderId;
use crate::payment::pay_merchant::PlatformLink;
use crate::payment::payments::{Payment, PaymentState};
use crate::people::card_kind::CardKind;
use crate::{Refusal, Timestamp};

/// What must hold for an entry (wire_facts 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was placed with `receipt` being exactly `Y`.
    HasReceipt,
    /// It was paid, and is not revoked.
    IsPaid,
    /// Not all of it was given back.
    IsNotRefunded,
    /// The seller has linked a platform with set_pay_mch.
    HasPlatform,
    /// The merchant that linked it has set its contact.
    HasContact,
    /// The number is not an order that the merchant opened itself.
    IsOwnOrder,
    /// The merchant has not rejected the invoice.
    IsNotRejected,
}

impl Condition {
    /// Every condition, in the order in which an integrator meets them.
    pub const ALL: [Self; 7] = [
        Self::HasReceipt,
        Self::IsPaid,
        Self::IsNotRefunded,
        Self::HasPlatform,
        Self::HasContact,
        Self::IsOwnOrder,
        Self::IsNotRejected,
    ];

    /// Its name in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HasReceipt => "receipt",
            Self::IsPaid => "paid",
            Self::IsNotRefunded => "not_refunded",
            Self::HasPlatform => "platform_linked",
            Self::HasContact => "contact_set",
            Self::IsOwnOrder => "order_not_used",
            Self::IsNotRejected => "not_rejected",
        }
    }
}

/// What an entry depends on.
#[derive(Clone, Copy, Debug)]
pub struct EntryFacts<'a> {
    /// The payment.
    pub payment: &'a Payment,
    /// The seller's platform link.
    pub link: Option<&'a PlatformLink>,
    /// Whether the merchant of the link has set its contact.
    pub has_contact: bool,
    /// The merchant's order of the payment's number.
    pub order: Option<&'a Order>,
}

impl EntryFacts<'_> {
    /// Whether a condition holds.
    pub fn meet(&self, condition: Condition) -> bool {
        let payment = self.payment;
        match condition {
            Condition::HasReceipt => payment.request.has_receipt,
            Condition::IsPaid => matches!(payment.state, PaymentState::Paid(_)),
            Condition::IsNotRefunded => !payment.is_fully_refunded(),
            Condition::HasPlatform => self.link.is_some(),
            Condition::HasContact => self.has_contact,
            Condition::IsOwnOrder => self.order.is_none_or(|order| {
                order.payment.as_ref().is_some_and(|opened| opened.mchid == payment.mchid)
            }),
            Condition::IsNotRejected => {
                !self.order.is_some_and(|order| matches!(order.state, OrderState::Rejected { .. }))
            }
        }
    }
}

/// What the entry asks for: type 1, the order is the payment's number, the money its amount (D-148).
pub fn entry_request(
    payment: &Payment,
    link: &PlatformLink,
    now: Timestamp,
) -> Result<AuthorizationRequest, Refusal> {
    Ok(AuthorizationRequest {
        platform: link.platform.clone(),
        order_id: OrderId::parse(payment.out_trade_no.as_str())?,
        money_fen: payment.request.total_fee_fen,
        timestamp: u32::try_from(now.unix_seconds()).unwrap_or(u32::MAX),
        source: Source::Web,
        redirect_url: String::new(),
        card_kind: CardKind::Invoice,
        page_type: PageType::FillTitle,
        asked_by: link.merchant.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::account::{AppId, PlatformId};
    use crate::authorization::rejection::RejectionReason;
    use crate::authorization::user_decision::{Decline, UserDecision};
    use crate::payment::fixtures::{NOW, paid};
    use crate::payment::pay_merchant::MchId;
    use crate::people::user::{OpenId, UserId};

    fn with_receipt() -> Payment {
        let mut payment = paid();
        payment.request.has_receipt = true;
        payment
    }

    fn link() -> PlatformLink {
        PlatformLink {
            merchant: AppId::parse("wx6b61697069616f31").unwrap(),
            platform: PlatformId::from_checked("p".into()),
        }
    }

    fn rejected(order: &Order) -> Order {
        let (user, openid) = (UserId::parse("amy").unwrap(), OpenId::from_checked("o1".into()));
        let decided = UserDecision::Declined(Decline { user, openid, at: NOW });
        let reason = RejectionReason { reason: "no".into(), url: String::new() };
        Order { state: OrderState::Rejected { decided, reason, at: NOW }, ..order.clone() }
    }

    fn unmet(facts: EntryFacts<'_>) -> Vec<Condition> {
        Condition::ALL.into_iter().filter(|condition| !facts.meet(*condition)).collect()
    }

    #[test]
    fn each_condition_alone_hides_the_entry() {
        let (payment, link) = (with_receipt(), link());
        let request = entry_request(&payment, &link, NOW).unwrap();
        let merchant = link.merchant.clone();
        let own = Order::of_payment(merchant.clone(), request.clone(), payment.mchid.clone(), NOW);
        let all = EntryFacts {
            payment: &payment,
            link: Some(&link),
            has_contact: true,
            order: Some(&own),
        };
        assert_eq!(unmet(all), []);
        assert_eq!(unmet(EntryFacts { order: None, ..all }), []);
        let rejected = rejected(&own);
        let foreign = Order::offer(merchant, request, NOW);
        let no_receipt = {
            let mut payment = payment.clone();
            payment.request.has_receipt = false;
            payment
        };
        let not_paid = Payment { state: PaymentState::NotPaid, ..payment.clone() };
        let refunded = Payment { refunded_fen: 100, ..payment.clone() };
        for (facts, condition) in [
            (EntryFacts { payment: &no_receipt, ..all }, Condition::HasReceipt),
            (EntryFacts { payment: &not_paid, ..all }, Condition::IsPaid),
            (EntryFacts { payment: &refunded, ..all }, Condition::IsNotRefunded),
            (EntryFacts { link: None, ..all }, Condition::HasPlatform),
            (EntryFacts { has_contact: false, ..all }, Condition::HasContact),
            (EntryFacts { order: Some(&foreign), ..all }, Condition::IsOwnOrder),
            (EntryFacts { order: Some(&rejected), ..all }, Condition::IsNotRejected),
        ] {
            assert_eq!(unmet(facts), [condition]);
        }
    }

    #[test]
    fn the_entry_is_of_type_1_and_says_what_was_with_receipt() {
        let request = entry_request(&with_receipt(), &link(), NOW).unwrap();
        assert_eq!((request.page_type, request.money_fen), (PageType::FillTitle, 100));
        assert_eq!(request.order_id.as_str(), "1415659990");
    }

    #[test]
    fn an_order_of_a_payment_takes_no_other_type_and_closes_when_refunded() {
        let payment = with_receipt();
        let request = entry_request(&payment, &link(), NOW).unwrap();
        let order = Order::of_payment(link().merchant, request.clone(), payment.mchid.clone(), NOW);
        let other = AuthorizationRequest { page_type: PageType::Apply, ..request.clone() };
        assert!(order.offer_again(other, NOW).unwrap_err().detail.starts_with("type must be 1"));
        let page_type = PageType::Collect;
        let bill = AuthorizationRequest { card_kind: CardKind::Bill, page_type, ..request.clone() };
        assert!(order.offer_again(bill, NOW).unwrap_err().detail.starts_with("order_id is of"));
        let again = order.offer_again(request.clone(), NOW).unwrap().unwrap();
        assert_eq!(again.payment, order.payment);
        let refunded = order.refunded(&payment.mchid).unwrap();
        assert!(refunded.offer_again(request, NOW).is_err());
        assert_eq!(refunded.refunded(&payment.mchid), None);
        assert_eq!(order.refunded(&MchId::parse("2").unwrap()), None);
    }
}
