//! `/pay/closeorder`: a payment that nobody paid is given up.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::payments;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_wire::payment::pay_answer::Fields;

pub(crate) async fn close_order(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let number = OutTradeNo::parse(request.required("out_trade_no", 64)?)?;
        Ok((payments::close(app, caller, &number).await?, Fields::default()))
    };
    call.answer(app, answered).await
}
