//! `/pay/closeorder`: a payment that nobody paid is given up.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::pay_caller::check_appid;
use kaipiao_app::payment::payments;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_wire::payment::order_query::sub_merchant_fields;

pub(crate) async fn close_order(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        check_appid(app, &call.caller, &call.request).await?;
        let number = OutTradeNo::parse(call.request.required("out_trade_no", 64)?)?;
        let payment = payments::close(app, &call.caller, &number).await?;
        Ok(sub_merchant_fields(&payment))
    };
    call.answer(answered.await)
}
