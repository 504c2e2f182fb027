//! `/card/invoice/seturl`, `/card/invoice/platform/createcard`, `/nontax/createbillcard` and `/card/code/decrypt`.

use crate::access::caller::{Call, OtherPlatformCall, PlatformCall, require_post};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use kaipiao_app::platform::{cards, templates};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::platform::card_template::TemplateFace;
use kaipiao_wire::platform::{create_bill_card, create_card, decrypt, set_url};

/// POST, and GET (clients A3), with whatever body.
pub(crate) async fn set_url(
    State(server): State<Server>,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return Err(require_post().await);
    }
    let OtherPlatformCall(Call { caller, .. }) =
        OtherPlatformCall::from_request(request, &server).await?;
    let id = cards::own_id(&caller)?;
    Ok(JsonAnswer(set_url::write(cards::base_url(&server.app), id)))
}

pub(crate) async fn create_card(
    State(server): State<Server>,
    PlatformCall(Call { caller, body }): PlatformCall,
) -> Result<JsonAnswer, Failed> {
    let face = create_card::read(&body.object()?)?;
    create(&server, &caller, CardKind::Invoice, face).await
}

pub(crate) async fn create_bill_card(
    State(server): State<Server>,
    OtherPlatformCall(Call { caller, body }): OtherPlatformCall,
) -> Result<JsonAnswer, Failed> {
    let face = create_bill_card::read(&body.object()?)?;
    create(&server, &caller, CardKind::Bill, face).await
}

async fn create(
    server: &Server,
    caller: &Account,
    card_kind: CardKind,
    face: TemplateFace,
) -> Result<JsonAnswer, Failed> {
    let card_id = templates::create(&server.app, caller, card_kind, face).await?;
    Ok(JsonAnswer(create_card::write(&card_id)))
}

pub(crate) async fn decrypt(
    State(server): State<Server>,
    OtherPlatformCall(Call { caller, body }): OtherPlatformCall,
) -> Result<JsonAnswer, Failed> {
    let text = decrypt::read(&body.object()?)?;
    Ok(JsonAnswer(decrypt::write(&cards::decrypt(&server.app, &caller, &text)?)))
}
