//! `/pay/pappayapply`: a payment on behalf, by the payer's contract. The outcome comes by notice and query.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::charges;
use kaipiao_domain::payment::payments::TradeType;
use kaipiao_wire::payment::order_query::sub_merchant_fields;
use kaipiao_wire::payment::unified_order::{read_as, read_contract_id};

pub(crate) async fn pap_pay_apply(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let app = &server.app;
    let answered = async {
        let (number, asked) = read_as(&call.request, TradeType::Pap)?;
        let contract_id = read_contract_id(&call.request)?;
        let payment =
            charges::charge(app, &call.caller, &number, &asked, "contract_id", contract_id).await?;
        Ok(sub_merchant_fields(&payment))
    };
    call.answer(answered.await)
}
