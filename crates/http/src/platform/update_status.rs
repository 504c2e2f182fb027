//! `POST /card/invoice/platform/updatestatus`.

use crate::access::caller::{Call, PlatformCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::platform::update_status::update;
use kaipiao_wire::answer;
use kaipiao_wire::platform::update_status::{StatusUpdate, read};

pub(crate) async fn update_status(
    State(server): State<Server>,
    PlatformCall(Call { caller, body }): PlatformCall,
) -> Result<JsonAnswer, Failed> {
    let StatusUpdate { card_id, code, told } = read(&body.object()?)?;
    update(&server.app, &caller, &card_id, &code, told).await?;
    Ok(JsonAnswer(answer::ok()))
}
