//! Section 16: `POST /card/invoice/queryinvoceinfo` (sic).

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::invoicing::s16_query::{QueryRequest, write};

pub(crate) async fn query_invoice_info(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = QueryRequest::read(&sent.object()?)?;
    let found = server.app.query_invoice(&caller, &asked).await?;
    Ok(Answer(write(&asked.serial, &found.invoice, &found.pdf_url)))
}
