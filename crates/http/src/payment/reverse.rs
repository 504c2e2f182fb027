//! `/secapi/pay/reverse`: a quick payment is taken back.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::charges;
use kaipiao_app::payment::pay_caller::check_appid;
use kaipiao_wire::payment::order_query::{self, sub_merchant_fields};

pub(crate) async fn reverse(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        check_appid(app, &call.caller, &call.request).await?;
        let name = order_query::read(&call.request)?;
        let payment = charges::reverse(app, &call.caller, &name).await?;
        Ok(sub_merchant_fields(&payment).text("recall", "N"))
    };
    call.answer(answered.await)
}
