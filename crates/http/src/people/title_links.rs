//! `POST /card/invoice/biz/getusertitleurl`, `…/biz/getselecttitleurl` and `/card/invoice/scantitle`.

use crate::access::caller::Call;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::people::title_links;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::people::title_link::{
    UrlAnswer, read_ask, read_offered, read_scan, write_scanned,
};

pub(crate) async fn get_user_title_url(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let offered = read_offered(&body.object()?, caller.appid, server.app.now())?;
    Ok(JsonAnswer(ok_with(&UrlAnswer { url: title_links::offer(&server.app, &offered) })))
}

pub(crate) async fn get_select_title_url(
    State(server): State<Server>,
    Call { caller, body }: Call,
) -> Result<JsonAnswer, Failed> {
    let ask = read_ask(&body.object()?, caller.appid)?;
    Ok(JsonAnswer(ok_with(&UrlAnswer { url: title_links::ask(&server.app, &ask) })))
}

pub(crate) async fn scan_title(
    State(server): State<Server>,
    Call { body, .. }: Call,
) -> Result<JsonAnswer, Failed> {
    let scanned = read_scan(&body.object()?)?;
    Ok(JsonAnswer(write_scanned(&title_links::scanned(&server.app, &scanned).await?)))
}
