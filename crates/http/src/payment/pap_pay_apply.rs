//! `/pay/pappayapply`: a payment on behalf, by the payer's contract. The outcome comes by notice and query.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::{charges, payer_codes};
use kaipiao_domain::payment::payments::TradeType;
use kaipiao_wire::payment::pay_answer::Fields;
use kaipiao_wire::payment::unified_order::{read_as, read_contract_id};

pub(crate) async fn pap_pay_apply(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let (app, caller, request) = (&*server.app, &call.caller, &call.request);
    let answered = async {
        let (number, asked) = read_as(request, TradeType::Pap)?;
        let payer = payer_codes::payer_by_contract(app, read_contract_id(request)?).await?;
        let payment = charges::charge(app, caller, &number, &asked, &payer).await?;
        Ok((payment, Fields::default()))
    };
    call.answer(app, answered).await
}
