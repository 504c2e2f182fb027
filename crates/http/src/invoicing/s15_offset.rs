//! Section 15: `POST /card/invoice/clearoutinvoice`.

use crate::access::caller::Call;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s15_offset;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::SUCCESS;
use kaipiao_wire::invoicing::s15_offset::read;

pub(crate) async fn clear_out_invoice(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    s15_offset::offset(&server.app, &caller, &asked).await?;
    Ok(JsonAnswer(ok_saying(SUCCESS)))
}
