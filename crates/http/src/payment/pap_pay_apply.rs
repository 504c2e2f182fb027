//! `/pay/pappayapply`: a payment on behalf, by the payer's contract. The outcome comes by notice and query.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::App;
use kaipiao_app::payment::charges;
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::payment::payer_codes::ChargedBy;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_wire::payment::pay_answer::Fields;
use kaipiao_wire::payment::unified_order::read_pap;

pub(crate) async fn pap_pay_apply(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    call.answer(&server.app, apply(&server.app, &call)).await
}

/// `/pay/partner/pappayapply`: the same for a sub-merchant.
pub(crate) async fn partner_pap_pay_apply(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let answered = async {
        call.require_sub_merchant()?;
        apply(&server.app, &call).await
    };
    call.answer(&server.app, answered).await
}

async fn apply(app: &App, call: &PayCall) -> Result<(Payment, Fields), PayFailure> {
    let (number, asked) = read_pap(&call.request)?;
    let by = ChargedBy::Contract(asked.contract_id.as_deref().unwrap_or_default());
    let payment = charges::charge(app, &call.caller, &number, &asked, by).await?;
    Ok((payment, Fields::default()))
}
