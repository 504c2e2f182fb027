//! Section 8: `POST /card/invoice/rejectinsert`.

use crate::access::caller::Call;
use crate::answer::{Answer, Failed};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::authorization::s08_reject;
use kaipiao_wire::answer::ok;
use kaipiao_wire::authorization::s08_reject::RejectRequest;

pub(crate) async fn reject_insert(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<Answer, Failed> {
    let asked = RejectRequest::read(&body.object()?)?;
    s08_reject::reject(&server.app, &caller, &asked).await?;
    Ok(Answer(ok()))
}
