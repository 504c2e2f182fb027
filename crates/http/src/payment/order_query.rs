//! `/pay/orderquery`: where a payment stands.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::App;
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::payment::payments;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_wire::payment::order_query;
use kaipiao_wire::payment::pay_answer::Fields;

pub(crate) async fn order_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    call.answer(&server.app, query(&server.app, &call)).await
}

/// `/pay/partner/paporderquery`: the same for a sub-merchant.
pub(crate) async fn partner_order_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let answered = async {
        call.require_sub_merchant()?;
        query(&server.app, &call).await
    };
    call.answer(&server.app, answered).await
}

async fn query(app: &App, call: &PayCall) -> Result<(Payment, Fields), PayFailure> {
    let payment = payments::query(app, &call.caller, &order_query::read(&call.request)?).await?;
    let own = order_query::answer(&payment);
    Ok((payment, own))
}
