//! Siblings: `/cgi-bin/token` and `/cgi-bin/stable_token` (wire_facts 2.1).

use crate::access::caller::{client_of, count};
use crate::answer::{Failed, JsonAnswer};
use crate::body::{RequestBody, Sender, query_object};
use crate::server::Server;
use crate::struck;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use kaipiao_app::access::token::{self, AccessToken};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::token::Family;
use kaipiao_domain::access::token_request::TokenRequest;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::access::token::{TokenAnswer, read_classic, read_stable};
use kaipiao_wire::answer::bare;

/// GET with a query; POST with a query, or with the members in its body.
pub(crate) async fn classic(
    State(server): State<Server>,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return Err(Refusal::new(ErrorCode::RequirePost, "call it with GET or POST").into());
    }
    let (parts, body) = request.into_parts();
    let query = query_object(&parts.uri)?;
    let body = RequestBody::receive(&server, &parts, body, Sender::Unknown).await?;
    let is_in_query = query.has("grant_type") || query.has("appid") || body.is_empty();
    let asked = read_classic(&if is_in_query { query } else { body.object()? })?;
    issue(&server, &parts, Family::Classic, &asked).await
}

/// POST with JSON.
pub(crate) async fn stable(
    State(server): State<Server>,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    let (parts, body) = request.into_parts();
    let body = RequestBody::receive(&server, &parts, body, Sender::Unknown).await?;
    let asked = read_stable(&body.object()?)?;
    issue(&server, &parts, Family::Stable, &asked).await
}

async fn issue(
    server: &Server,
    parts: &Parts,
    family: Family,
    asked: &TokenRequest,
) -> Result<JsonAnswer, Failed> {
    struck::strike(&parts.extensions, asked.appid.trim(), false).await?;
    let from = client_of(parts);
    let AccessToken { text, expires_in_s } = token::issue(&server.app, family, asked, from).await?;
    if let Some(appid) = AppId::parse(asked.appid.trim()) {
        count(server, parts, &appid);
    }
    Ok(JsonAnswer(bare(&TokenAnswer { access_token: text, expires_in: expires_in_s })))
}
