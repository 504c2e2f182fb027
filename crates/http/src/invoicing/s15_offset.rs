//! Section 15: `POST /card/invoice/clearoutinvoice`.

use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s15_offset;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::SUCCESS;
use kaipiao_wire::invoicing::s15_offset::OffsetRequest;

pub(crate) async fn clear_out_invoice(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<Answer, Failed> {
    let asked = OffsetRequest::read(&body.object()?)?;
    s15_offset::offset(&server.app, &caller, &asked).await?;
    Ok(Answer(ok_saying(SUCCESS)))
}
