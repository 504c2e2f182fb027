//! `/pay/orderquery`: where a payment stands.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::pay_caller::check_appid;
use kaipiao_app::payment::payments;
use kaipiao_wire::payment::order_query::{self, sub_merchant_fields};

pub(crate) async fn order_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        check_appid(app, &call.caller, &call.request).await?;
        let name = order_query::read(&call.request)?;
        let payment = payments::query(app, &call.caller, &name).await?;
        Ok(sub_merchant_fields(&payment).and(order_query::answer(&payment)))
    };
    call.answer(answered.await)
}
