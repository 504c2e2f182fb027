//! `/pay/unifiedorder`: a payment to be paid on a page.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::payments;
use kaipiao_wire::payment::order_query::sub_merchant_fields;
use kaipiao_wire::payment::unified_order;

pub(crate) async fn unified_order(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        let (number, asked) = unified_order::read(&call.request)?;
        let payment = payments::place(app, &call.caller, &number, &asked).await?;
        let prepay = payment.prepay.as_ref().map(|prepay| prepay.id.clone()).unwrap_or_default();
        let page_url = payments::page_url(app, &prepay);
        let own = unified_order::placed(&payment.request, &prepay, &page_url);
        Ok(sub_merchant_fields(&payment).and(own))
    };
    call.answer(answered.await)
}
