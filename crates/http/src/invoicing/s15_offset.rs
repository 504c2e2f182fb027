//! Section 15: `POST /card/invoice/clearoutinvoice`.

use crate::access::caller::{Call, InvoicingCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s15_offset::{OffsetError, offset};
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::SUCCESS;
use kaipiao_wire::invoicing::s15_offset::{read, unknown_original};

pub(crate) async fn clear_out_invoice(
    State(server): State<Server>,
    InvoicingCall(Call { caller, body }): InvoicingCall,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    match offset(&server.app, &caller, &asked).await {
        Ok(()) => Ok(JsonAnswer(ok_saying(SUCCESS))),
        Err(OffsetError::UnknownOriginal) => Err(unknown_original(&asked).into()),
        Err(OffsetError::Failed(failure)) => Err(failure.into()),
    }
}
