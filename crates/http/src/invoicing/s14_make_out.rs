//! Section 14: `POST /card/invoice/makeoutinvoice`.

use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s14_make_out;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::{MakeOutRequest, SUCCESS};

pub(crate) async fn make_out_invoice(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<Answer, Failed> {
    let asked = MakeOutRequest::read(&body.object()?)?;
    s14_make_out::make_out(&server.app, &caller, &asked).await?;
    Ok(Answer(ok_saying(SUCCESS)))
}
