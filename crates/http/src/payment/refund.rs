//! `/secapi/pay/refund`: a payment is given back, whole or in part.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::pay_caller::check_appid;
use kaipiao_app::payment::refunds::make;
use kaipiao_wire::payment::order_query::sub_merchant_fields;
use kaipiao_wire::payment::refunds;

pub(crate) async fn refund(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        check_appid(app, &call.caller, &call.request).await?;
        let (name, asked) = refunds::read(&call.request)?;
        let (payment, refund) = make(app, &call.caller, &name, &asked).await?;
        Ok(sub_merchant_fields(&payment).and(refunds::answer(&payment, &refund)))
    };
    call.answer(answered.await)
}
