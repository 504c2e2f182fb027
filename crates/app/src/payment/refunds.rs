//! Refunds as pay merchants make and find them (wire_facts 5.2).

use crate::app::App;
use crate::failure::Failure;
use crate::payment::names::new_refund_id;
use crate::payment::pay_caller::PayCaller;
use crate::payment::pay_failure::PayFailure;
use crate::payment::payments::{find, number_of, query as query_payment};
use crate::payment::{notices, s13_receipt};
use crate::signed::{PaymentName, RefundName};
use crate::store_access::{Decision, FirstTry, decide_reading, get_fresh};
use kaipiao_domain::payment::out_trade_no::OutRefundNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::{self, Refund, RefundRequest};
use kaipiao_ports::record::Expect;
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::payment::refund::refund_key;
use kaipiao_records::record;

/// Gives back what was paid, or a part of it. The same number asks for the same again and is answered as before.
pub async fn make(
    app: &App,
    caller: &PayCaller,
    name: &PaymentName,
    asked: &RefundRequest,
) -> Result<(Payment, Refund), PayFailure> {
    let mchid = &caller.pay_merchant.mchid;
    let number = number_of(app, mchid, name).await?;
    let now = app.now();
    let key = payment_key(mchid, &number);
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let payment = caller.own(found, &number)?;
        let earlier = refund_of(app, mchid, &asked.out_refund_no).await?;
        if let Some(earlier) = earlier {
            earlier.check_again(&payment, asked)?;
            return Ok(Decision::alone(None, (payment, earlier)));
        }
        let refund_id = new_refund_id(app, now);
        let (next, refund) = refund::refund(&payment, asked.clone(), refund_id, now)?;
        let paid = next.paid().expect("only what was paid is refunded");
        let notice = notices::of_refund(app, &next, paid, &refund).await?;
        let alias = PaymentAlias::Refund(asked.out_refund_no.clone());
        let mut also = vec![
            record::save(refund_key(mchid, &asked.out_refund_no), Expect::Absent, &refund),
            record::save(payment_alias_key(mchid, &refund.refund_id), Expect::Absent, &alias),
        ];
        also.extend(s13_receipt::closed_by_refund(app, &next).await?);
        let pushes = notice.into_iter().collect();
        let result = (next.clone(), refund);
        Ok::<_, PayFailure>(Decision { also, pushes, ..Decision::alone(Some(next), result) })
    })
    .await
}

async fn refund_of(
    app: &App,
    mchid: &MchId,
    number: &OutRefundNo,
) -> Result<Option<Refund>, Failure> {
    get_fresh(app, &refund_key(mchid, number)).await
}

/// What of a payment was given back, oldest first.
pub async fn of(app: &App, payment: &Payment) -> Result<Vec<Refund>, Failure> {
    let mut refunds = Vec::new();
    for refund in &payment.refunds {
        refunds.extend(refund_of(app, &payment.mchid, refund).await?);
    }
    Ok(refunds)
}

/// The caller's refunds of this name, oldest first, `limit` of them at most behind the first `offset`, and their
/// payment. REFUNDNOTEXIST.
pub async fn query(
    app: &App,
    caller: &PayCaller,
    name: &RefundName,
    offset: usize,
    limit: usize,
) -> Result<(Payment, Vec<Refund>), PayFailure> {
    let mchid = &caller.pay_merchant.mchid;
    let number = match name {
        RefundName::Payment(payment) => {
            return of_payment(app, caller, payment, offset, limit).await;
        }
        RefundName::OutRefundNo(number) => number.clone(),
        RefundName::RefundId(id) => {
            match get_fresh::<PaymentAlias>(app, &payment_alias_key(mchid, id)).await? {
                Some(PaymentAlias::Refund(number)) => number,
                Some(
                    PaymentAlias::Prepay { .. }
                    | PaymentAlias::Transaction(_)
                    | PaymentAlias::TakenBy(_),
                )
                | None => {
                    return Err(no_such_refund(&format!("of refund_id {id}")).into());
                }
            }
        }
    };
    let refund = refund_of(app, mchid, &number).await?;
    let refund = refund.ok_or_else(|| no_such_refund(&format!("of out_refund_no {number}")))?;
    let payment = find(app, mchid, &refund.out_trade_no).await?;
    if payment.is_none() {
        return Err(Failure::Damaged(format!("refund {number} has no payment")).into());
    }
    Ok((caller.own(payment, &refund.out_trade_no)?, vec![refund]))
}

async fn of_payment(
    app: &App,
    caller: &PayCaller,
    name: &PaymentName,
    offset: usize,
    limit: usize,
) -> Result<(Payment, Vec<Refund>), PayFailure> {
    let mchid = &caller.pay_merchant.mchid;
    let payment = query_payment(app, caller, name).await?;
    let mut refunds = Vec::new();
    for refund in payment.refunds.iter().skip(offset).take(limit) {
        refunds.extend(refund_of(app, mchid, refund).await?);
    }
    if refunds.is_empty() {
        return Err(no_such_refund(&format!(
            "of out_trade_no {} from {offset} on",
            payment.out_trade_no
        ))
        .into());
    }
    Ok((payment, refunds))
}

fn no_such_refund(which: &str) -> PayRefusal {
    let detail = format!("this pay merchant has no refund {which}");
    PayRefusal::new(PayErrorCode::RefundNotExist, detail)
}
