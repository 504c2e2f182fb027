//! Siblings: `/cgi-bin/token` and `/cgi-bin/stable_token` (facts 2.1).

use crate::Server;
use crate::answer::{Answer, Failed};
use crate::body::{Sent, discard, query_object};
use axum::extract::{Request, State};
use axum::http::Method;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::token::Family;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::access::token::TokenRequest;
use kaipiao_wire::answer::bare;

/// GET with a query; POST with a query, or with the members in its body.
pub(crate) async fn classic(
    State(server): State<Server>,
    request: Request,
) -> Result<Answer, Failed> {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        discard(&server, request.into_body()).await;
        return Err(Refusal::new(ErrorCode::RequirePost, "call it with GET or POST").into());
    }
    let (parts, body) = request.into_parts();
    let query = query_object(&parts.uri)?;
    let sent = Sent::receive(&server, &parts, body).await?;
    let is_in_query = query.has("grant_type") || query.has("appid") || sent.is_empty();
    let asked = TokenRequest::read_classic(&if is_in_query { query } else { sent.object()? })?;
    let answer = server.app.issue_token(Family::Classic, &asked).await?;
    Ok(Answer(bare(&answer)))
}

/// POST with JSON.
pub(crate) async fn stable(State(server): State<Server>, sent: Sent) -> Result<Answer, Failed> {
    let asked = TokenRequest::read_stable(&sent.object()?)?;
    let answer = server.app.issue_token(Family::Stable, &asked).await?;
    Ok(Answer(bare(&answer)))
}
