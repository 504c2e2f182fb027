//! `/pay/refundquery`: the refunds of a payment.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::refunds::query;
use kaipiao_wire::payment::refunds;

pub(crate) async fn refund_query(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (name, offset) = refunds::read_query(request)?;
        let (payment, refunds) = query(app, caller, &name, offset, refunds::PAGE).await?;
        let own = refunds::query_answer(&payment, &refunds);
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
