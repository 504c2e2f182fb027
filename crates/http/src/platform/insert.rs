//! `POST /card/invoice/insert` and `POST /nontax/insertbill`.

use crate::access::caller::{Call, OtherPlatformCall, PlatformCall};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::platform::insert::insert;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::platform::insertion::Insertion;
use kaipiao_wire::platform::insert::{read, write};
use kaipiao_wire::platform::insert_bill;

pub(crate) async fn insert_invoice(
    State(server): State<Server>,
    PlatformCall(Call { caller, body }): PlatformCall,
) -> Result<JsonAnswer, Failed> {
    inserted(&server, &caller, &read(&body.object()?)?).await
}

pub(crate) async fn insert_bill(
    State(server): State<Server>,
    OtherPlatformCall(Call { caller, body }): OtherPlatformCall,
) -> Result<JsonAnswer, Failed> {
    inserted(&server, &caller, &insert_bill::read(&body.object()?)?).await
}

async fn inserted(
    server: &Server,
    caller: &Account,
    asked: &Insertion,
) -> Result<JsonAnswer, Failed> {
    let card = insert(&server.app, caller, asked).await?;
    Ok(JsonAnswer(write(&card.code, &card.openid)))
}
