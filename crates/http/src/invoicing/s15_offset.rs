//! Section 15: `POST /card/invoice/clearoutinvoice`.

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::SUCCESS;
use kaipiao_wire::invoicing::s15_offset::OffsetRequest;

pub(crate) async fn clear_out_invoice(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = OffsetRequest::read(&sent.object()?)?;
    server.app.offset(&caller, &asked).await?;
    Ok(Answer(ok_saying(SUCCESS)))
}
