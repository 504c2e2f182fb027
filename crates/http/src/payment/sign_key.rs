//! getsignkey: the key that signs under the published sandbox's prefixes.

use crate::payment::pay_call::PayCall;
use crate::payment::pay_failed::{PayFailed, PayXml};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::payment::pay_merchants::signing_key;
use kaipiao_domain::payment::payments::PayKey;
use kaipiao_wire::payment::pay_answer;

pub(crate) async fn sign_key(
    State(server): State<Server>,
    call: PayCall,
) -> Result<PayXml, PayFailed> {
    let pay_merchant = &call.caller.pay_merchant;
    let key = signing_key(&server.app, pay_merchant, PayKey::Sandbox).map_err(PayFailure::from)?;
    Ok(PayXml(pay_answer::sign_key(pay_merchant.mchid.as_str(), &key)))
}
