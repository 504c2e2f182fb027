//! `/pay/unifiedorder`: a payment to be paid on a page.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::payments;
use kaipiao_wire::payment::unified_order;

pub(crate) async fn unified_order(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (number, asked) = unified_order::read(request)?;
        let payment = payments::place(app, caller, &number, &asked).await?;
        let prepay_id = payment.prepay.as_ref().map_or("", |prepay| &*prepay.id);
        let page_url = payments::page_url(app, prepay_id);
        let own = unified_order::placed(&payment.request, prepay_id, &page_url);
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
