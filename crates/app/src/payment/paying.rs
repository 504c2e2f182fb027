//! The payer pays. The payment, its notice and what the payer is told are one commit.

use crate::app::App;
use crate::concerned::concerns_payment;
use crate::failure::Failure;
use crate::payment::names::new_transaction_id;
use crate::payment::{notices, payments, s13_receipt};
use crate::signed::openid;
use crate::store_access::{Decision, FirstTry, decide_reading, get};
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::payment::payments::{Paid, Payer, PayingRefused, Payment};
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::people::message::message_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::record;

/// Why a payment was not made.
#[derive(Debug, thiserror::Error)]
pub enum PayingError {
    /// No payment has this `prepay_id`.
    #[error("no payment has this prepay_id, unifiedorder gives one")]
    UnknownPrepayId,
    /// No such user.
    #[error("no user has the id \"{0}\"")]
    UnknownUser(String),
    /// The payment's state, time or payer forbid it.
    #[error("{0}")]
    Refused(PayingRefused),
    /// The store is away, or others keep changing the payment.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// A user pays on the page of a `prepay_id`, or a scripted user does.
pub async fn pay(app: &App, prepay_id: &str, user: &UserId) -> Result<Payment, PayingError> {
    if get::<User>(app, &user_key(user)).await?.is_none() {
        return Err(PayingError::UnknownUser(user.as_str().to_owned()));
    }
    let key = payments::key_of_prepay_id(app, prepay_id).await?;
    let key = key.ok_or(PayingError::UnknownPrepayId)?;
    let now = app.now();
    decide_reading(app, key, FirstTry::Reads, async |found: Option<Payment>, _| {
        let payment = found.ok_or(PayingError::UnknownPrepayId)?;
        concerns_payment(&payment);
        let next = payment
            .pay(Some(prepay_id), payer(app, &payment, user), new_transaction_id(app, now), now)
            .map_err(PayingError::Refused)?;
        Ok(of_paid(app, next).await?)
    })
    .await
}

/// What is committed of a payment that was paid just now: with its `transaction_id`, its notice, the payer's message, and
/// the order that it opens.
pub(super) async fn of_paid(
    app: &App,
    payment: Payment,
) -> Result<Decision<Payment, Payment>, Failure> {
    let paid = payment.paid().expect("it was paid just now");
    let pushes = notices::of_payment(app, &payment, paid).await?.into_iter().collect();
    let mut also: Vec<_> = transaction_alias(&payment, paid).into_iter().collect();
    also.extend(message(&payment, paid, app.now()));
    let (payment, order) = s13_receipt::opened_by(app, payment).await?;
    also.extend(order);
    Ok(Decision { also, pushes, ..Decision::alone(Some(payment.clone()), payment) })
}

/// A user as the accounts of a payment know them.
pub(super) fn payer(app: &App, payment: &Payment, user: &UserId) -> Payer {
    let sub_appid = payment.request.sub_merchant.as_ref().and_then(|sub| sub.appid.as_ref());
    Payer {
        user: Some(user.clone()),
        openid: openid::make(&app.keys, &payment.request.appid, user),
        sub_openid: sub_appid.map(|appid| openid::make(&app.keys, appid, user)),
    }
}

/// What the payer is told; None: only their openid is known.
pub(super) fn message(payment: &Payment, paid: &Paid, now: Timestamp) -> Option<Save> {
    let event = MessageEvent::Paid {
        mchid: payment.mchid.clone(),
        total_fee_fen: payment.request.total_fee_fen,
    };
    message_of(payment, &paid.payer, now, event)
}

/// A message about a payment; None: only the payer's openid is known.
pub(super) fn message_of(
    payment: &Payment,
    payer: &Payer,
    sent_at: Timestamp,
    event: MessageEvent,
) -> Option<Save> {
    let message = Message {
        user: payer.user.clone()?,
        merchant: payment.request.appid.clone(),
        order_id: OrderId::parse(payment.out_trade_no.as_str()).ok()?,
        sent_at,
        event,
    };
    Some(record::save(message_key(&message), Expect::Any, &message))
}

/// What finds the payment by its `transaction_id`; None: that is not known.
pub(super) fn transaction_alias(payment: &Payment, paid: &Paid) -> Option<Save> {
    let key = payment_alias_key(&payment.mchid, paid.transaction_id.as_ref()?);
    let alias = PaymentAlias::Transaction(payment.out_trade_no.clone());
    Some(record::save(key, Expect::Absent, &alias))
}
