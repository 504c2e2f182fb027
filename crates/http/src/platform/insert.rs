//! `POST /card/invoice/insert`.

use crate::access::caller::{Call, PlatformCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::platform::insert::insert;
use kaipiao_wire::platform::insert::{read, write};

pub(crate) async fn insert_invoice(
    State(server): State<Server>,
    PlatformCall(Call { caller, body }): PlatformCall,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    let card = insert(&server.app, &caller, &asked).await?;
    Ok(JsonAnswer(write(&card.code, &card.openid)))
}
