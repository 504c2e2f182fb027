//! Section 8: `POST /card/invoice/rejectinsert`.

use crate::Server;
use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use axum::extract::State;
use kaipiao_wire::answer::ok;
use kaipiao_wire::authorization::s08_reject::RejectRequest;

pub(crate) async fn reject_insert(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = RejectRequest::read(&sent.object()?)?;
    server.app.reject(&caller, &asked).await?;
    Ok(Answer(ok()))
}
