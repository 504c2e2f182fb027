//! `/pay/refundquery`: the refunds of a payment.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::pay_caller::check_appid;
use kaipiao_app::payment::refunds::query;
use kaipiao_wire::payment::order_query::sub_merchant_fields;
use kaipiao_wire::payment::refunds;

pub(crate) async fn refund_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        check_appid(app, &call.caller, &call.request).await?;
        let (name, offset) = refunds::read_query(&call.request)?;
        let found = query(app, &call.caller, &name, offset, refunds::PAGE).await?;
        let own = refunds::query_answer(&found.payment, &found.refunds, found.total);
        Ok(sub_merchant_fields(&found.payment).and(own))
    };
    call.answer(answered.await)
}
