//! `/pay/micropay`: quick pay, by the code that the payer shows.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::charges;
use kaipiao_wire::payment::order_query::paid_fields;
use kaipiao_wire::payment::unified_order::{read_auth_code, read_micropay};

pub(crate) async fn micropay(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (number, asked) = read_micropay(request)?;
        let auth_code = read_auth_code(request)?;
        let payment = charges::charge(app, caller, &number, &asked, "auth_code", auth_code).await?;
        let own = payment.paid().map(|paid| paid_fields(&payment, paid)).unwrap_or_default();
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
