//! Payments without a page: quick pay charges the code that the payer shows, payments on behalf their contract.

use crate::app::App;
use crate::concerned::concerns_payment;
use crate::payment::names::new_transaction_id;
use crate::payment::pay_caller::{PayCaller, check_sub_merchant};
use crate::payment::pay_failure::PayFailure;
use crate::payment::payer_codes::ChargedBy;
use crate::payment::paying::{message_of, of_paid, payer};
use crate::payment::payments::{new_prepay, number_of, placed, prepay_alias};
use crate::payment::s13_receipt;
use crate::signed::PaymentName;
use crate::store_access::{Decision, FirstTry, decide_reading};
use kaipiao_domain::Timestamp;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PayingRefused, Payment, PaymentRequest};
use kaipiao_domain::people::message::MessageEvent;
use kaipiao_domain::people::user::UserId;
use kaipiao_records::payment::payments::payment_key;

/// Charges a payer whose code was scanned, or by their contract. The payment, its notice and the payer's message are
/// one commit. Above 1,000 yuan of quick pay they are asked first (D-156): the payment is [`Payment::is_user_paying`].
/// ORDERPAID where the number was paid before: query it. BUYER_MISMATCH where it waits for another payer.
pub async fn charge(
    app: &App,
    caller: &PayCaller,
    number: &OutTradeNo,
    asked: &PaymentRequest,
    by: ChargedBy<'_>,
) -> Result<Payment, PayFailure> {
    check_sub_merchant(app, &caller.pay_merchant, asked).await?;
    let user = &by.payer(app).await?;
    let key = payment_key(&caller.pay_merchant.mchid, number);
    let now = app.now();
    decide_reading(app, key, FirstTry::TakesItForAbsent, async |found: Option<Payment>, _| {
        if let Some(payment) = found {
            concerns_payment(&payment);
            payment.check_again(asked, caller.key)?;
            payment.check_buyer(&payer(app, &payment, user))?;
            if payment.is_user_paying() {
                return Ok(Decision::alone(None, payment));
            }
        }
        let payment = placed(caller, number, asked, None, now);
        if asked.asks_its_payer() {
            return asking(app, &payment, user, now);
        }
        let next = payment
            .pay(None, payer(app, &payment, user), new_transaction_id(app, now), now)
            .map_err(|refused| not_charged(number, refused))?;
        Ok::<_, PayFailure>(of_paid(app, next).await?)
    })
    .await
}

/// What is committed of a payment whose payer is asked: with the name of its page, and a message that leads there.
fn asking(
    app: &App,
    payment: &Payment,
    user: &UserId,
    now: Timestamp,
) -> Result<Decision<Payment, Payment>, PayFailure> {
    let (payer, prepay) = (payer(app, payment, user), new_prepay(app, &payment.mchid, now));
    let event = MessageEvent::PaymentToConfirm {
        mchid: payment.mchid.clone(),
        total_fee_fen: payment.request.total_fee_fen,
        prepay_id: prepay.id.clone(),
    };
    let told = message_of(payment, &payer, now, event);
    let next = payment
        .ask_payer(payer, prepay, now)
        .map_err(|refused| not_charged(&payment.out_trade_no, refused))?;
    let also = prepay_alias(&next).into_iter().chain(told).collect();
    Ok(Decision { also, ..Decision::alone(Some(next.clone()), next) })
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
        let payment = caller.own(found, &number)?;
        let Some(next) = payment.reverse(app.now())? else {
            return Ok(Decision::alone(None, payment));
        };
        let also = s13_receipt::closed_by_refund(app, &next).await?.into_iter().collect();
        let result = next.clone();
        Ok::<_, PayFailure>(Decision { also, ..Decision::alone(Some(next), result) })
    })
    .await
}
