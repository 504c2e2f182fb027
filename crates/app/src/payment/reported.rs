//! Payments made elsewhere, as an operator's own systems report them: they open the same entry (section 13).

use crate::app::App;
use crate::concerned::concerns_payment;
use crate::failure::Failure;
use crate::payment::paying::{message, transaction_alias};
use crate::payment::s13_receipt;
use crate::store_access::{Decision, FirstTry, decide_reading, get_fresh};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::pay_merchant::PayMerchant;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::report::Report;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::payment::pay_merchant::pay_merchant_key;
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::record;

/// Why a report was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It differs from what is known of the payment, and nothing corrects that any more; in words.
    #[error("{0}")]
    Conflict(String),
    /// It is wrong in itself, or the store is away.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Refusal> for ReportError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

/// Keeps a report. The same one again changes nothing; what it says besides, and more that was given back, is taken in;
/// what it corrects is corrected until the payer has asked for the invoice.
pub async fn report(app: &App, report: &Report) -> Result<Payment, ReportError> {
    let known = get_fresh::<PayMerchant>(app, &pay_merchant_key(&report.mchid)).await?;
    let pay_merchant = known.ok_or_else(|| {
        let problem = "is no pay merchant's, add it with PUT /admin/v1/pay-merchants/{mchid}";
        Refusal::invalid("mchid", problem)
    })?;
    if !(0..=report.total_fee_fen).contains(&report.refunded_fen) {
        return Err(Refusal::invalid("refund_fee", "must be 0 to total_fee, in fen").into());
    }
    check_transaction_id(app, report).await?;
    let key = payment_key(&report.mchid, &report.out_trade_no);
    let now = app.now();
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        check_account(&pay_merchant, found.as_ref(), report)?;
        check_sub_merchant(app, &pay_merchant, found.as_ref(), report).await?;
        let opened = match &found {
            Some(known) => s13_receipt::order_of(app, known).await?,
            None => None,
        };
        let next = match &found {
            None => Payment::of_report(report, account(&pay_merchant, report)?, now),
            Some(known) => {
                let order = opened.as_ref().map(|order| &order.value);
                known.reported_again(report, order).map_err(ReportError::Conflict)?
            }
        };
        concerns_payment(&next);
        let mut also = follows(found.as_ref(), &next, now);
        if let Some(known) = &found {
            also.extend(s13_receipt::no_longer_taken_by(app, known, &next).await?);
        }
        let is_other = found.as_ref().is_none_or(|known| known.request != next.request);
        let opens = is_other && next.order_merchant.is_none() && !next.is_fully_refunded();
        let (next, order) = if opens {
            s13_receipt::opened_by(app, next).await?
        } else {
            let known = found.as_ref().zip(opened.as_ref());
            let order =
                known.and_then(|(known, order)| s13_receipt::corrected(order, known, &next));
            (next, order)
        };
        also.extend(order);
        let changed = (found.as_ref() != Some(&next)).then(|| next.clone());
        Ok::<_, ReportError>(Decision { also, ..Decision::alone(changed, next) })
    })
    .await
}

/// What follows from a payment that became known, or was corrected: who paid is told, and its number at WeChat Pay
/// finds it, in place of a wrong one.
fn follows(before: Option<&Payment>, next: &Payment, now: Timestamp) -> Vec<Save> {
    let Some(paid) = next.paid() else { return Vec::new() };
    let paid_before = before.and_then(Payment::paid);
    let mut also = Vec::new();
    let former = paid_before.and_then(|before| before.transaction_id.as_ref());
    if former != paid.transaction_id.as_ref() {
        let removal =
            |id: &String| record::removal(payment_alias_key(&next.mchid, id), Expect::Any);
        also.extend(former.map(removal));
        also.extend(transaction_alias(next, paid));
    }
    let told = |payment: &Payment| {
        let user = payment.paid().and_then(|paid| paid.payer.user.clone());
        (user, payment.request.total_fee_fen)
    };
    if before.map(told) != Some(told(next)) {
        also.extend(message(next, paid, now));
    }
    also
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

/// The account that a report names is bound to the pay merchant; the one that is known was.
fn check_account(
    pay_merchant: &PayMerchant,
    known: Option<&Payment>,
    report: &Report,
) -> Result<(), Refusal> {
    let named = report.appid.as_ref();
    let named = named.filter(|appid| known.is_none_or(|known| known.request.appid != **appid));
    match named {
        Some(appid) if !pay_merchant.accounts.contains(appid) => {
            Err(Refusal::invalid("appid", "is not bound to the pay merchant"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The account that took a payment of which nothing is known.
fn account(pay_merchant: &PayMerchant, report: &Report) -> Result<AppId, Refusal> {
    let first = pay_merchant.accounts.first();
    report.appid.as_ref().or(first).cloned().ok_or_else(|| {
        Refusal::invalid("appid", "is missing, and no account is bound to the pay merchant")
    })
}

/// Whom a payment was taken for is one of the pay merchant's own, and known here; who is known as that was.
async fn check_sub_merchant(
    app: &App,
    pay_merchant: &PayMerchant,
    known: Option<&Payment>,
    report: &Report,
) -> Result<(), Failure> {
    let before = known.and_then(|known| known.request.sub_merchant.as_ref());
    let named = report.sub_mchid.as_ref();
    let named = named.filter(|mchid| before.is_none_or(|before| before.mchid != **mchid));
    let Some(sub_mchid) = named else { return Ok(()) };
    if !pay_merchant.sub_merchants.contains(sub_mchid) {
        let problem = format!(
            "{sub_mchid} is no sub-merchant of {}, add it to sub_merchants with PUT /admin/v1/pay-merchants/{}",
            pay_merchant.mchid, pay_merchant.mchid
        );
        return Err(Refusal::invalid("sub_mch_id", problem).into());
    }
    if get_fresh::<PayMerchant>(app, &pay_merchant_key(sub_mchid)).await?.is_none() {
        let problem = format!(
            "{sub_mchid} is no pay merchant's, add it with PUT /admin/v1/pay-merchants/{sub_mchid}"
        );
        return Err(Refusal::invalid("sub_mch_id", problem).into());
    }
    Ok(())
}
