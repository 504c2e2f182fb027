//! Payments made elsewhere, as an operator's own systems report them: they open the same entry (section 13).

use crate::app::App;
use crate::failure::Failure;
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
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
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
    /// WeChat Pay's number of it; None: the reporter does not know it.
    pub transaction_id: Option<String>,
    /// When it was paid; None: the reporter does not know.
    pub paid_at: Option<Timestamp>,
    /// The amount in fen.
    pub total_fee_fen: i64,
    /// What was paid for.
    pub description: String,
    /// Whether it opens an invoice entry.
    pub has_receipt: bool,
    /// What was given back so far, in fen.
    pub refunded_fen: i64,
}

/// Keeps a report. The same one again changes nothing; what it says besides, and more that was given back, is taken in.
/// 72031 names what differs from the payment that is known.
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
    check_transaction_id(app, report).await?;
    let key = payment_key(&report.mchid, &report.out_trade_no);
    let now = app.now();
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let before = found.clone().unwrap_or_else(|| paid(report, &appid, now));
        check_same(&before, report, &appid)?;
        let (before, mut also) = completed(before, report, now);
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

/// A payment with what was not known of it before: who paid, who is then told; when; and under which number of
/// WeChat Pay's, by which it is found from then on.
fn completed(mut payment: Payment, report: &Report, now: Timestamp) -> (Payment, Vec<Save>) {
    let PaymentState::Paid(paid) = &mut payment.state else { return (payment, Vec::new()) };
    let had_user = fill(&mut paid.payer.user, &report.user);
    let had_number = fill(&mut paid.transaction_id, &report.transaction_id);
    fill(&mut paid.at, &report.paid_at);
    let mut also = Vec::new();
    if let Some(paid) = payment.paid() {
        also.extend((!had_number).then(|| transaction_alias(&payment, paid)).flatten());
        also.extend((!had_user).then(|| message(&payment, paid, now)).flatten());
    }
    (payment, also)
}

/// Takes in what was reported, where nothing was known. True: something was.
fn fill<T: Clone>(known: &mut Option<T>, reported: &Option<T>) -> bool {
    let was_known = known.is_some();
    if !was_known {
        known.clone_from(reported);
    }
    was_known
}

/// A number of WeChat Pay's is one payment's.
async fn check_transaction_id(app: &App, report: &Report) -> Result<(), Failure> {
    let Some(id) = &report.transaction_id else { return Ok(()) };
    let key = payment_alias_key(&report.mchid, id);
    match get_fresh::<PaymentAlias>(app, &key).await? {
        None => Ok(()),
        Some(PaymentAlias::Transaction(number)) if number == report.out_trade_no => Ok(()),
        Some(PaymentAlias::Transaction(number)) => {
            Err(Refusal::invalid("transaction_id", format!("is out_trade_no {number}'s")).into())
        }
        Some(PaymentAlias::Prepay { .. } | PaymentAlias::Refund(_) | PaymentAlias::TakenBy(_)) => {
            Err(Refusal::invalid("transaction_id", "is no payment's number").into())
        }
    }
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
    let request = &known.request;
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::unix_seconds);
    for (is_same, name) in [
        (agree(&paid.payer.user, &report.user), "user"),
        (request.total_fee_fen == report.total_fee_fen, "total_fee"),
        (request.appid == *appid, "appid"),
        (paid.payer.openid == report.openid, "openid"),
        (request.has_receipt == report.has_receipt, "receipt"),
        (agree(&paid.transaction_id, &report.transaction_id), "transaction_id"),
        (agree(&seconds(paid.at), &seconds(report.paid_at)), "time_end"),
    ] {
        if !is_same {
            return Err(differs(name));
        }
    }
    Ok(())
}

/// Whether two say the same, or one says nothing.
fn agree<T: PartialEq>(known: &Option<T>, reported: &Option<T>) -> bool {
    known.is_none() || reported.is_none() || known == reported
}

fn paid(report: &Report, appid: &AppId, now: Timestamp) -> Payment {
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
        state: PaymentState::Paid(Paid { transaction_id: None, payer, at: None }),
        refunds: Vec::new(),
        refunded_fen: 0,
        order_merchant: None,
    }
}
