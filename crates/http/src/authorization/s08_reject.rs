//! Section 8: `POST /card/invoice/rejectinsert`.

use crate::access::caller::Call;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::authorization::s08_reject;
use kaipiao_wire::answer::ok;
use kaipiao_wire::authorization::s08_reject::read;

pub(crate) async fn reject_insert(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    s08_reject::reject(&server.app, &caller, &asked).await?;
    Ok(JsonAnswer(ok()))
}
