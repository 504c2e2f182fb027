//! Payments without a page: quick pay charges the code that the payer shows, payments on behalf their contract.

use crate::app::App;
use crate::payment::names::new_transaction_id;
use crate::payment::pay_caller::{PayCaller, check_sub_merchant};
use crate::payment::pay_failure::{PayFailure, no_such_payment};
use crate::payment::paying::{of_paid, payer};
use crate::payment::payments::{number_of, placed};
use crate::payment::s13_receipt;
use crate::signed::PaymentName;
use crate::store_access::{Decision, FirstTry, decide_reading};
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PayingRefused, Payment, PaymentRequest};
use kaipiao_domain::people::user::UserId;
use kaipiao_records::payment::payments::payment_key;

/// Charges a payer whose code was scanned, or by their contract. The payment, its notice and the payer's message are
/// one commit. ORDERPAID where the number was paid before: query it.
pub async fn charge(
    app: &App,
    caller: &PayCaller,
    number: &OutTradeNo,
    asked: &PaymentRequest,
    user: &UserId,
) -> Result<Payment, PayFailure> {
    check_sub_merchant(app, &caller.pay_merchant, asked).await?;
    let key = payment_key(&caller.pay_merchant.mchid, number);
    let now = app.now();
    decide_reading(app, key, FirstTry::TakesItForAbsent, async |found: Option<Payment>, _| {
        if let Some(payment) = found {
            payment.check_again(asked, caller.key)?;
        }
        let payment = placed(caller, number, asked, None, now);
        let next = payment
            .pay(None, payer(app, &payment, user), new_transaction_id(app, now), now)
            .map_err(|refused| not_charged(number, refused))?;
        Ok::<_, PayFailure>(of_paid(app, next).await?)
    })
    .await
}

fn not_charged(number: &OutTradeNo, refused: PayingRefused) -> PayRefusal {
    PayRefusal::new(PayErrorCode::InvalidRequest, format!("out_trade_no {number}: {refused}"))
}

/// Takes a quick payment back. ORDERNOTEXIST.
pub async fn reverse(
    app: &App,
    caller: &PayCaller,
    name: &PaymentName,
) -> Result<Payment, PayFailure> {
    let mchid = &caller.pay_merchant.mchid;
    let number = number_of(app, mchid, name).await?;
    let key = payment_key(mchid, &number);
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let payment = found.ok_or_else(|| no_such_payment(&format!("out_trade_no {number}")))?;
        let Some(next) = payment.reverse(app.now())? else {
            return Ok(Decision::alone(None, payment));
        };
        let also = s13_receipt::closed_by_refund(app, &next).await?.into_iter().collect();
        let result = next.clone();
        Ok::<_, PayFailure>(Decision { also, ..Decision::alone(Some(next), result) })
    })
    .await
}
