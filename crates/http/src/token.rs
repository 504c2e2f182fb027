//! Siblings: `/cgi-bin/token` and `/cgi-bin/stable_token` (facts 2.1).

use crate::Server;
use crate::answer::{Answer, Failed};
use crate::body::{Sent, query_object};
use axum::extract::{Request, State};
use kaipiao_domain::token::Family;
use kaipiao_wire::answer::bare;
use kaipiao_wire::token::TokenRequest;

/// GET with a query; POST with a query, or with the members in its body.
pub(crate) async fn classic(
    State(server): State<Server>,
    request: Request,
) -> Result<Answer, Failed> {
    let (parts, body) = request.into_parts();
    let query = query_object(&parts)?;
    let asked = if query.has("grant_type") || query.has("appid") {
        TokenRequest::read(&query)?
    } else {
        let sent = Sent::receive(&server, &parts, body).await?;
        TokenRequest::read(&if sent.is_empty() { query } else { sent.object()? })?
    };
    let answer = server.app.issue_token(Family::Classic, &asked).await?;
    Ok(Answer(bare(&answer)))
}

/// POST with JSON.
pub(crate) async fn stable(State(server): State<Server>, sent: Sent) -> Result<Answer, Failed> {
    let asked = TokenRequest::read(&sent.object()?)?;
    let answer = server.app.issue_token(Family::Stable, &asked).await?;
    Ok(Answer(bare(&answer)))
}
