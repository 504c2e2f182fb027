//! Section 8: `POST /card/invoice/rejectinsert`.

use crate::Server;
use crate::access::Merchant;
use crate::answer::{Answer, Failed};
use crate::body::Sent;
use axum::extract::State;
use kaipiao_wire::answer::ok;
use kaipiao_wire::s08_reject::RejectRequest;

pub(crate) async fn reject_insert(
    State(server): State<Server>,
    Merchant(caller): Merchant,
    sent: Sent,
) -> Result<Answer, Failed> {
    let asked = RejectRequest::read(&sent.object()?)?;
    server.app.reject(&caller, &asked).await?;
    Ok(Answer(ok()))
}
