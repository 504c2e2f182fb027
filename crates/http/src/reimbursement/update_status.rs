//! `POST /card/invoice/reimburse/updateinvoicestatus` and `…/updatestatusbatch`.

use crate::access::caller::{Call, ReimbursementCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::reimbursement::update_status::update;
use kaipiao_wire::answer;
use kaipiao_wire::reimbursement::update_status::{read, read_batch};

pub(crate) async fn update_invoice_status(
    State(server): State<Server>,
    ReimbursementCall(Call { caller, body }): ReimbursementCall,
) -> Result<JsonAnswer, Failed> {
    let (action, named) = read(&body.object()?)?;
    update(&server.app, &caller, None, action, &[named]).await?;
    Ok(JsonAnswer(answer::ok()))
}

pub(crate) async fn update_status_batch(
    State(server): State<Server>,
    ReimbursementCall(Call { caller, body }): ReimbursementCall,
) -> Result<JsonAnswer, Failed> {
    let (openid, action, named) = read_batch(&body.object()?)?;
    update(&server.app, &caller, Some(&openid), action, &named).await?;
    Ok(JsonAnswer(answer::ok()))
}
