//! Payments made elsewhere, as an operator's own systems report them: they open the same entry (section 13).

use crate::app::App;
use crate::failure::Failure;
use crate::payment::names::new_transaction_id;
use crate::payment::paying::{message, transaction_alias};
use crate::payment::s13_receipt;
use crate::store_access::{Decision, FirstTry, decide_reading, get_fresh};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, SignType, TradeType,
};
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::record::Save;
use kaipiao_records::payment::pay_merchant::pay_merchant_key;
use kaipiao_records::payment::payments::payment_key;

/// What is reported of a payment.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who took it.
    pub mchid: MchId,
    /// Its number.
    pub out_trade_no: OutTradeNo,
    /// The account that took it; None: the pay merchant's first.
    pub appid: Option<AppId>,
    /// The payer, as that account knows them.
    pub openid: OpenId,
    /// The person, who is then told; None: only the openid is known.
    pub user: Option<UserId>,
    /// The amount in fen.
    pub total_fee_fen: i64,
    /// What was paid for.
    pub description: String,
    /// Whether it opens an invoice entry.
    pub has_receipt: bool,
    /// What was given back so far, in fen.
    pub refunded_fen: i64,
}

/// Keeps a report. The same one again changes nothing, one with more given back counts. 72031 names what differs
/// from the payment that is known.
pub async fn report(app: &App, report: &Report) -> Result<Payment, Failure> {
    let known = get_fresh::<PayMerchant>(app, &pay_merchant_key(&report.mchid)).await?;
    let pay_merchant = known.ok_or_else(|| {
        let problem = "is no pay merchant's, add it with PUT /admin/v1/pay-merchants/{mchid}";
        Refusal::invalid("mchid", problem)
    })?;
    let appid = account(&pay_merchant, report)?;
    if !(0..=report.total_fee_fen).contains(&report.refunded_fen) {
        return Err(Refusal::invalid("refund_fee", "must be 0 to total_fee, in fen").into());
    }
    let key = payment_key(&report.mchid, &report.out_trade_no);
    let now = app.now();
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let mut also = Vec::new();
        let before = match &found {
            Some(known) => known.clone(),
            None => {
                let payment = paid(app, report, &appid, now);
                also.extend(payment.paid().map(|paid| transaction_alias(&payment, paid)));
                payment
            }
        };
        check_same(&before, report, &appid)?;
        let (before, told) = with_user(before, report);
        also.extend(told);
        let refunded_fen = before.refunded_fen.max(report.refunded_fen);
        let mut next = Payment { refunded_fen, ..before };
        if found.is_none() && !next.is_fully_refunded() {
            let (opened, order) = s13_receipt::opened_by(app, next).await?;
            next = opened;
            also.extend(order);
        } else {
            also.extend(s13_receipt::closed_by_refund(app, &next).await?);
        }
        let changed = (found.as_ref() != Some(&next)).then(|| next.clone());
        Ok::<_, Failure>(Decision { also, ..Decision::alone(changed, next) })
    })
    .await
}

/// A payment whose payer was known by openid only, if at all, gets to know the person, who is then told.
fn with_user(mut payment: Payment, report: &Report) -> (Payment, Option<Save>) {
    let PaymentState::Paid(paid) = &mut payment.state else { return (payment, None) };
    if paid.payer.user.is_some() || report.user.is_none() {
        return (payment, None);
    }
    paid.payer.user = report.user.clone();
    let told = payment.paid().and_then(|paid| message(&payment, paid));
    (payment, told)
}

fn account(pay_merchant: &PayMerchant, report: &Report) -> Result<AppId, Refusal> {
    match &report.appid {
        Some(appid) if pay_merchant.accounts.contains(appid) => Ok(appid.clone()),
        Some(_) => Err(Refusal::invalid("appid", "is not bound to the pay merchant")),
        None => pay_merchant.accounts.first().cloned().ok_or_else(|| {
            Refusal::invalid("appid", "is missing, and no account is bound to the pay merchant")
        }),
    }
}

fn check_same(known: &Payment, report: &Report, appid: &AppId) -> Result<(), Refusal> {
    let differs = |name: &str| Refusal::invalid(name, "differs from what is known of the payment");
    let PaymentState::Paid(paid) = &known.state else {
        let problem = format!("names a payment of this server that is {}", known.trade_state());
        return Err(Refusal::invalid("out_trade_no", problem));
    };
    if let (Some(payer), Some(user)) = (&paid.payer.user, &report.user)
        && payer != user
    {
        return Err(differs("user"));
    }
    let request = &known.request;
    for (is_same, name) in [
        (request.total_fee_fen == report.total_fee_fen, "total_fee"),
        (request.appid == *appid, "appid"),
        (paid.payer.openid == report.openid, "openid"),
        (request.has_receipt == report.has_receipt, "receipt"),
    ] {
        if !is_same {
            return Err(differs(name));
        }
    }
    Ok(())
}

fn paid(app: &App, report: &Report, appid: &AppId, now: Timestamp) -> Payment {
    let payer = Payer { user: None, openid: report.openid.clone(), sub_openid: None };
    Payment {
        mchid: report.mchid.clone(),
        out_trade_no: report.out_trade_no.clone(),
        request: PaymentRequest {
            openid: Some(report.openid.clone()),
            has_receipt: report.has_receipt,
            ..PaymentRequest::of(
                appid.clone(),
                TradeType::Jsapi,
                report.total_fee_fen,
                report.description.clone(),
            )
        },
        sign_type: SignType::default(),
        key: PayKey::Own,
        prepay: None,
        placed_at: now,
        state: PaymentState::Paid(Paid {
            transaction_id: new_transaction_id(app, now),
            payer,
            at: now,
        }),
        refunds: Vec::new(),
        refunded_fen: 0,
        order_merchant: None,
    }
}
