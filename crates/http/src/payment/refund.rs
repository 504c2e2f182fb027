//! `/secapi/pay/refund`: a payment is given back, whole or in part.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::refunds::make;
use kaipiao_wire::payment::refunds;

pub(crate) async fn refund(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (name, asked) = refunds::read(request)?;
        let (payment, refund) = make(app, caller, &name, &asked).await?;
        let own = refunds::answer(&payment, &refund);
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
