//! `/secapi/pay/reverse`: a quick payment is taken back.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::charges;
use kaipiao_wire::payment::order_query;
use kaipiao_wire::payment::pay_answer::Fields;

pub(crate) async fn reverse(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let payment = charges::reverse(app, caller, &order_query::read(request)?).await?;
        Ok((payment, Fields::default().text("recall", "N")))
    };
    call.answer(app, answered).await
}
