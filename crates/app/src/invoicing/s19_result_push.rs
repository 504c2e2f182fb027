//! Section 19: the push about the end of a try.

use crate::app::App;
use crate::delivery::new_push::{new_push, receiver};
use crate::failure::Failure;
use crate::people::known_as;
use crate::signed::result_push::{EVENT, ResultPush};
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, TryResult};
use kaipiao_ports::delivery::outbox::NewPush;

/// The push that says how a try at an invoice ended. It goes where the order's
/// authorization was pushed to, behind it in the same order.
pub(crate) async fn result_push(
    app: &App,
    request: &InvoiceRequest,
    result: TryResult,
) -> Result<NewPush, Failure> {
    let receiver = receiver(app, &request.asked_by, &request.merchant).await?;
    let openid = known_as::openid_of(app, &receiver.appid, &request.user, &request.paid_as);
    let push = ResultPush {
        to_user: &receiver.original_id,
        from_user: &openid,
        serial: &request.serial,
        result,
        tax_id: &request.summary.seller_tax_id,
    };
    Ok(new_push(app, &receiver, &request.order_id, &openid, EVENT, push.xml()))
}
