//! Section 14: `POST /card/invoice/makeoutinvoice`.

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::{MakeOutRequest, SUCCESS};

pub(crate) async fn make_out_invoice(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = MakeOutRequest::read(&sent.object()?)?;
    server.app.make_out(&caller, &asked).await?;
    Ok(Answer(ok_saying(SUCCESS)))
}
