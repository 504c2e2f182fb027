//! Section 16: `POST /card/invoice/queryinvoceinfo` (sic).

use crate::access::caller::{Call, InvoicingCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s16_query;
use kaipiao_wire::invoicing::s16_query::{read, write};

pub(crate) async fn query_invoice_info(
    State(server): State<Server>,
    InvoicingCall(Call { caller, body }): InvoicingCall,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    let found = s16_query::query(&server.app, &caller, &asked).await?;
    Ok(JsonAnswer(write(&asked.serial, &found.invoice, &found.pdf_url)))
}
