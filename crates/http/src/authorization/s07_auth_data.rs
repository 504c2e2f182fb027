//! Section 7: `POST /card/invoice/getauthdata`.

use crate::access::caller::Call;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::authorization::s07_auth_data;
use kaipiao_wire::authorization::s07_auth_data::{read, write};

pub(crate) async fn get_auth_data(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    let status = s07_auth_data::auth_status(&server.app, &caller, &asked).await?;
    Ok(JsonAnswer(write(&status)))
}
