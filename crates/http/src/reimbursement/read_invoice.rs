//! `POST /card/invoice/reimburse/getinvoiceinfo` and `…/getinvoicebatch`.

use crate::access::caller::{Call, ReimbursementCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::reimbursement::read_invoice;
use kaipiao_wire::reimbursement::read_invoice::{read_card, read_cards, write_batch, write_info};

pub(crate) async fn get_invoice_info(
    State(server): State<Server>,
    ReimbursementCall(Call { caller, body }): ReimbursementCall,
) -> Result<JsonAnswer, Failed> {
    let named = read_card(&body.object()?)?;
    let invoice = read_invoice::read(&server.app, &caller, &named).await?;
    Ok(JsonAnswer(write_info(&invoice)))
}

pub(crate) async fn get_invoice_batch(
    State(server): State<Server>,
    ReimbursementCall(Call { caller, body }): ReimbursementCall,
) -> Result<JsonAnswer, Failed> {
    let named = read_cards(&body.object()?, "item_list")?;
    let invoices = read_invoice::read_batch(&server.app, &caller, &named).await?;
    Ok(JsonAnswer(write_batch(&invoices)))
}
