//! A payment made elsewhere, as an operator's own systems report it, and how a later report corrects an earlier one
//! (ruling D-180).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::authorization::order::{Order, OrderState};
use crate::payment::out_trade_no::OutTradeNo;
use crate::payment::pay_merchant::MchId;
use crate::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, SignType, SubMerchant, TradeType,
};
use crate::people::user::{OpenId, UserId};

/// What is reported of a payment. What a report leaves out (None) it leaves as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who took it.
    pub mchid: MchId,
    /// Its number.
    pub out_trade_no: OutTradeNo,
    /// The account that took it.
    pub appid: Option<AppId>,
    /// In the partner form, whom it was taken for.
    pub sub_mchid: Option<MchId>,
    /// The payer, as that account knows them.
    pub openid: OpenId,
    /// The person, who is then told; None of a new payment: only the openid is known.
    pub user: Option<UserId>,
    /// WeChat Pay's number of it.
    pub transaction_id: Option<String>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The amount in fen.
    pub total_fee_fen: i64,
    /// What was paid for.
    pub description: Option<String>,
    /// Whether it opens an invoice entry; None of a new payment: it opens none.
    pub has_receipt: Option<bool>,
    /// What was given back so far, in fen: the highest that was reported counts.
    pub refunded_fen: i64,
}

impl Payment {
    /// A payment that nothing was known of, which `appid` took.
    pub fn of_report(report: &Report, appid: AppId, now: Timestamp) -> Self {
        let payer =
            Payer { user: report.user.clone(), openid: report.openid.clone(), sub_openid: None };
        let transaction_id = report.transaction_id.clone();
        let description = report.description.clone().unwrap_or_default();
        Self {
            mchid: report.mchid.clone(),
            out_trade_no: report.out_trade_no.clone(),
            request: PaymentRequest {
                openid: Some(report.openid.clone()),
                sub_merchant: report.sub_mchid.clone().map(sub_merchant),
                has_receipt: report.has_receipt.unwrap_or(false),
                ..PaymentRequest::of(appid, TradeType::Jsapi, report.total_fee_fen, description)
            },
            sign_type: SignType::default(),
            key: PayKey::Own,
            prepay: None,
            placed_at: now,
            state: PaymentState::Paid(Paid { transaction_id, payer, at: report.paid_at }),
            refunds: Vec::new(),
            refunded_fen: report.refunded_fen,
            order_merchant: None,
        }
    }

    /// The payment as a later report tells of it; `order` is the one that it opened. The same again changes nothing,
    /// what was not known is taken in, and what differs is corrected as long as nothing follows from it. Otherwise the
    /// words name what differs, and why it stays.
    pub fn reported_again(&self, report: &Report, order: Option<&Order>) -> Result<Self, String> {
        let PaymentState::Paid(paid) = &self.state else {
            let state = self.trade_state();
            return Err(format!("out_trade_no names a payment of this server that is {state}"));
        };
        for name in self.differences_from(paid, report) {
            if let Some(why) = self.why_it_stays(name, order) {
                return Err(format!("{name} differs from what is known of the payment, and {why}"));
            }
        }
        if report.total_fee_fen < self.refunded_fen {
            let given_back = self.refunded_fen;
            return Err(format!(
                "total_fee is less than the {given_back} fen that were given back"
            ));
        }
        let is_same_payer = paid.payer.openid == report.openid;
        let user =
            report.user.clone().or_else(|| paid.payer.user.clone().filter(|_| is_same_payer));
        let transaction_id = report.transaction_id.clone().or_else(|| paid.transaction_id.clone());
        let before = &self.request;
        let sub_mchid = before.sub_merchant.as_ref().map(|sub| &sub.mchid);
        let corrected = report.sub_mchid.clone().filter(|mchid| Some(mchid) != sub_mchid);
        let openid = report.openid.clone();
        let payer = Payer { user, openid: openid.clone(), ..paid.payer.clone() };
        let request = PaymentRequest {
            appid: report.appid.clone().unwrap_or_else(|| before.appid.clone()),
            sub_merchant: corrected.map(sub_merchant).or_else(|| before.sub_merchant.clone()),
            total_fee_fen: report.total_fee_fen,
            description: report.description.clone().unwrap_or_else(|| before.description.clone()),
            openid: before.openid.is_some().then_some(openid),
            has_receipt: report.has_receipt.unwrap_or(before.has_receipt),
            ..before.clone()
        };
        // To the second, as it is reported: a time of this server's own is finer.
        let paid_at = report.paid_at.filter(|at| Some(at.unix_seconds()) != seconds(paid.at));
        Ok(Self {
            request,
            state: PaymentState::Paid(Paid { transaction_id, payer, at: paid_at.or(paid.at) }),
            refunded_fen: self.refunded_fen.max(report.refunded_fen),
            ..self.clone()
        })
    }

    /// The members of a report that say something else than is known.
    fn differences_from(&self, paid: &Paid, report: &Report) -> Vec<&'static str> {
        let before = &self.request;
        let sub_mchid = before.sub_merchant.as_ref().map(|sub| &sub.mchid);
        let is_other_seller = report.sub_mchid.as_ref().is_some_and(|to| Some(to) != sub_mchid);
        // Of a reported payment the highest counts, which is no difference.
        let is_more_given_back = !self.is_reported() && report.refunded_fen > self.refunded_fen;
        let differs = [
            (differ(Some(&before.total_fee_fen), Some(&report.total_fee_fen)), "total_fee"),
            (differ(Some(&before.appid), report.appid.as_ref()), "appid"),
            (is_other_seller, "sub_mch_id"),
            (paid.payer.openid != report.openid, "openid"),
            (differ(paid.payer.user.as_ref(), report.user.as_ref()), "user"),
            (differ(Some(&before.has_receipt), report.has_receipt.as_ref()), "receipt"),
            (differ(Some(&before.description), report.description.as_ref()), "body"),
            (
                differ(paid.transaction_id.as_ref(), report.transaction_id.as_ref()),
                "transaction_id",
            ),
            (differ(seconds(paid.at).as_ref(), seconds(report.paid_at).as_ref()), "time_end"),
            (is_more_given_back, "refund_fee"),
        ];
        differs.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name).collect()
    }

    /// Whether it was made elsewhere.
    fn is_reported(&self) -> bool {
        self.prepay.is_none() && self.request.trade_type == TradeType::Jsapi
    }

    /// Why a report cannot correct this member. None: it can.
    fn why_it_stays(&self, name: &str, order: Option<&Order>) -> Option<String> {
        if !self.is_reported() {
            return Some("it was made on this server, no report corrects it".to_owned());
        }
        // Nothing follows from these: the order does not have them.
        if matches!(name, "body" | "transaction_id" | "time_end") {
            return None;
        }
        if !self.refunds.is_empty() {
            return Some("a refund of it was made on this server".to_owned());
        }
        // Whose order it is, and that there is one, follows from these.
        let opens_the_order = matches!(name, "receipt" | "sub_mch_id");
        let why = match order.map(|order| &order.state) {
            Some(OrderState::Authorized(_)) => {
                "was authorized: have the merchant reject that, and report another number"
            }
            Some(OrderState::Rejected { .. }) => "was rejected: report another number",
            _ if order.is_some_and(Order::is_refunded) => {
                "was closed by its refund: report another number"
            }
            _ if opens_the_order => {
                "was opened for it: the merchant can reject that once a user has answered, report another number"
            }
            _ => return None,
        };
        let (number, merchant) = (&self.out_trade_no, self.order_merchant.as_ref()?);
        Some(format!("order {number} of {merchant} {why}"))
    }
}

fn sub_merchant(mchid: MchId) -> SubMerchant {
    SubMerchant { mchid, appid: None, openid: None }
}

fn seconds(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::unix_seconds)
}

/// Whether two say something, and not the same.
fn differ<T: PartialEq>(known: Option<&T>, reported: Option<&T>) -> bool {
    known.zip(reported).is_some_and(|(known, reported)| known != reported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::user_decision::Authorization;
    use crate::payment::fixtures::{NOW, paid};
    use crate::payment::pay_merchant::PlatformLink;
    use crate::payment::s13_receipt::entry_request;

    fn appid() -> AppId {
        paid().request.appid
    }

    fn report() -> Report {
        Report {
            mchid: paid().mchid,
            out_trade_no: paid().out_trade_no,
            appid: None,
            sub_mchid: None,
            openid: OpenId::from_checked("o1".into()),
            user: UserId::parse("amy"),
            transaction_id: None,
            paid_at: None,
            total_fee_fen: 100,
            description: None,
            has_receipt: None,
            refunded_fen: 0,
        }
    }

    /// Reports that each say one thing more, or another one.
    fn others() -> Vec<(&'static str, Report)> {
        let later = Timestamp::from_unix_millis(NOW.unix_millis() + 1000);
        vec![
            ("total_fee", Report { total_fee_fen: 99, ..report() }),
            ("appid", Report { appid: AppId::parse("wx6b61697069616f32"), ..report() }),
            ("sub_mch_id", Report { sub_mchid: MchId::parse("1900000111"), ..report() }),
            ("openid", Report { openid: OpenId::from_checked("o2".into()), ..report() }),
            ("user", Report { user: UserId::parse("bob"), ..report() }),
            ("receipt", Report { has_receipt: Some(true), ..report() }),
            ("body", Report { description: Some("tea".into()), ..report() }),
            ("transaction_id", Report { transaction_id: Some("43".into()), ..report() }),
            ("time_end", Report { paid_at: Some(later), ..report() }),
        ]
    }

    fn known() -> Payment {
        let whole = Report { transaction_id: Some("42".into()), paid_at: Some(NOW), ..report() };
        Payment::of_report(&whole, appid(), NOW)
    }

    #[test]
    fn what_a_report_leaves_out_stays_and_what_it_adds_is_taken_in() {
        let known = known();
        assert_eq!(known.reported_again(&report(), None), Ok(known.clone()));
        let bare = Payment::of_report(&Report { user: None, ..report() }, appid(), NOW);
        let whole = Report { transaction_id: Some("42".into()), paid_at: Some(NOW), ..report() };
        assert_eq!(bare.reported_again(&whole, None), Ok(known));
    }

    /// The order that a payment has opened.
    fn opened_by(payment: &Payment) -> Order {
        let platform = crate::access::account::PlatformId::from_checked("p".into());
        let link = PlatformLink { merchant: appid(), platform };
        let request = entry_request(payment, &link, NOW).unwrap();
        Order::of_payment(appid(), request, payment.mchid.clone(), NOW)
    }

    fn authorized(order: &Order) -> Order {
        let state = OrderState::Authorized(Authorization {
            user: UserId::parse("amy").unwrap(),
            openid: OpenId::from_checked("o1".into()),
            paid_as: Vec::new(),
            at: NOW,
            title: None,
            used_by: None,
        });
        Order { state, ..order.clone() }
    }

    #[test]
    fn each_member_is_corrected_until_something_follows_from_it() {
        let known = known();
        let opened = Payment { order_merchant: Some(appid()), ..known.clone() };
        let order = opened_by(&opened);
        let mut made_here = known.clone();
        made_here.request.trade_type = TradeType::Native;
        let prepay = Some(crate::payment::payments::Prepay { id: "p".into(), at: NOW });
        let made_on_a_page = Payment { prepay, ..known.clone() };
        let refunded = Payment {
            refunds: vec![crate::payment::out_trade_no::OutRefundNo::parse("r").unwrap()],
            ..known.clone()
        };
        for (name, report) in others() {
            let corrected = known.reported_again(&report, None).unwrap();
            assert_ne!(corrected, known, "{name}");
            let again = corrected.reported_again(&report, None);
            assert_eq!(again, Ok(corrected.clone()), "{name}");
            let stays = |payment: &Payment, order: Option<&Order>, words: &str| {
                let why = payment.reported_again(&report, order).unwrap_err();
                let says = why.starts_with(&format!("{name} differs")) && why.contains(words);
                assert!(says, "{why}");
            };
            stays(&made_here, None, "it was made on this server");
            stays(&made_on_a_page, None, "it was made on this server");
            if ["body", "transaction_id", "time_end"].contains(&name) {
                assert!(
                    opened.reported_again(&report, Some(&authorized(&order))).is_ok(),
                    "{name}"
                );
                assert!(refunded.reported_again(&report, None).is_ok(), "{name}");
                continue;
            }
            stays(&refunded, None, "a refund of it");
            stays(&opened, Some(&authorized(&order)), "was authorized");
            let closed = order.refunded(&opened.mchid).unwrap();
            stays(&opened, Some(&closed), "was closed by its refund");
            if ["receipt", "sub_mch_id"].contains(&name) {
                stays(&opened, Some(&order), "was opened for it");
            } else {
                assert!(opened.reported_again(&report, Some(&order)).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn what_was_given_back_of_a_payment_made_here_is_not_reported() {
        let more = Report { user: None, refunded_fen: 1, ..report() };
        let why = paid().reported_again(&more, None).unwrap_err();
        assert!(why.starts_with("refund_fee differs") && why.contains("made on this server"));
        let known = Payment { refunded_fen: 1, ..paid() };
        assert_eq!(known.reported_again(&more, None), Ok(known.clone()));
    }

    #[test]
    fn a_corrected_amount_is_the_orders_unless_the_merchant_has_named_its_own() {
        let order = opened_by(&known());
        assert_eq!(order.corrected(100, 99).request.money_fen, 99);
        assert_eq!(order.corrected(101, 99), order);
    }

    #[test]
    fn another_openid_is_another_person_until_a_report_names_them() {
        let other = Report { user: None, openid: OpenId::from_checked("o2".into()), ..report() };
        let corrected = known().reported_again(&other, None).unwrap();
        assert_eq!(corrected.paid().unwrap().payer.user, None);
    }

    #[test]
    fn the_most_that_was_given_back_counts_and_bounds_the_amount() {
        let report = Report { refunded_fen: 60, ..report() };
        let refunded = known().reported_again(&report, None).unwrap();
        let earlier = Report { refunded_fen: 0, ..report.clone() };
        assert_eq!(refunded.reported_again(&earlier, None).unwrap().refunded_fen, 60);
        let less = Report { total_fee_fen: 59, refunded_fen: 0, ..report };
        assert!(refunded.reported_again(&less, None).unwrap_err().contains("60 fen"));
    }

    #[test]
    fn what_nobody_has_paid_here_is_not_reported() {
        let closed = Payment { state: PaymentState::Closed { at: NOW }, ..paid() };
        assert!(closed.reported_again(&report(), None).unwrap_err().contains("that is CLOSED"));
    }
}
