//! Payments that wait for a user's yes, as their pay-code page shows them (D-156).

use crate::app::App;
use crate::failure::Failure;
use crate::listing::readable;
use crate::payment::details::payee_name;
use crate::payment::payments;
use crate::people::messages;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::people::message::MessageEvent;
use kaipiao_domain::people::user::UserId;

/// A user's newest messages, among which payments are looked for: older ones are found in the inbox.
const LOOKED_THROUGH: usize = 20;

/// A payment that waits for a user's yes.
#[derive(Clone, Debug)]
pub struct PaymentToConfirm {
    /// What its page is found by.
    pub prepay_id: String,
    /// The payee's name, as payers see it.
    pub payee_name: String,
    /// How much, in fen.
    pub total_fee_fen: i64,
}

/// Those of a user, newest first.
pub async fn payments_of(app: &App, user: &UserId) -> Result<Vec<PaymentToConfirm>, Failure> {
    let (mut payments, mut left_out) = (Vec::new(), Vec::new());
    for message in messages::list(app, user, None, LOOKED_THROUGH).await?.items {
        let MessageEvent::PaymentToConfirm { mchid, prepay_id, total_fee_fen } = message.event
        else {
            continue;
        };
        // The message's order is the payment's number.
        let Ok(number) = OutTradeNo::parse(message.order_id.as_str()) else { continue };
        let found = payments::find(app, &mchid, &number).await;
        let Some(payment) = readable(found, &mut left_out)? else { continue };
        if payment.is_user_paying() {
            let payee_name = payee_name(app, &payment).await?;
            payments.push(PaymentToConfirm { prepay_id, payee_name, total_fee_fen });
        }
    }
    Ok(payments)
}
