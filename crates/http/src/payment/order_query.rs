//! `/pay/orderquery`: where a payment stands.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::payments;
use kaipiao_wire::payment::order_query;

pub(crate) async fn order_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let payment = payments::query(app, caller, &order_query::read(request)?).await?;
        let own = order_query::answer(&payment);
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
