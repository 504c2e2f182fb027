//! `/pay/micropay`: quick pay, by the code that the payer shows.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::charges;
use kaipiao_app::payment::payer_codes::ChargedBy;
use kaipiao_wire::payment::order_query::paid_fields;
use kaipiao_wire::payment::unified_order::{read_auth_code, read_micropay};

pub(crate) async fn micropay(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (number, asked) = read_micropay(request)?;
        let by = ChargedBy::PayCode(read_auth_code(request)?);
        let payment = charges::charge(app, caller, &number, &asked, by).await?;
        let paid = payment.paid().ok_or_else(|| payment.payer_is_asked())?;
        let own = paid_fields(&payment, paid);
        Ok((payment, own))
    };
    call.answer(app, answered).await
}
