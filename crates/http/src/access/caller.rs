//! Who calls: the account behind `access_token`, checked before the body is read.

use crate::Server;
use crate::answer::Failed;
use crate::body::{Sent, discard, query_value};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_errcode::ErrorCode;
use subtle::ConstantTimeEq;

/// An account with a token that works.
pub(crate) struct Caller(pub(crate) Account);

impl FromRequestParts<Server> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failed> {
        let token = query_value(&parts.uri, "access_token");
        Ok(Self(server.app.authenticate(&token).await?))
    }
}

/// An account with a token that works and the merchant API's permission.
pub(crate) struct Merchant(pub(crate) Account);

impl FromRequestParts<Server> for Merchant {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failed> {
        let token = query_value(&parts.uri, "access_token");
        Ok(Self(server.app.authenticate_merchant(&token).await?))
    }
}

/// A POST of the merchant API: who calls, and what they sent.
pub(crate) struct Call {
    /// The account behind the token.
    pub(crate) caller: Account,
    /// The body.
    pub(crate) sent: Sent,
}

impl FromRequest<Server> for Call {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let (mut parts, body) = request.into_parts();
        match Merchant::from_request_parts(&mut parts, server).await {
            Ok(Merchant(caller)) => {
                Ok(Self { caller, sent: Sent::receive(server, &parts, body).await? })
            }
            Err(failed) => {
                discard(server, body).await;
                Err(failed)
            }
        }
    }
}

/// An operator: `Authorization: Bearer <admin token>`.
pub(crate) struct Operator;

impl FromRequestParts<Server> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("");
        let expected = server.settings.admin_token.as_deref().unwrap_or("");
        if !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
            return Ok(Self);
        }
        if !given.is_empty() {
            tracing::warn!(path = parts.uri.path(), "a wrong admin token was refused");
        }
        let error = "send Authorization: Bearer <admin token>";
        Err(crate::admin::accounts::refuse(axum::http::StatusCode::UNAUTHORIZED, error)
            .into_response())
    }
}

/// 43001: the call wants GET.
pub(crate) async fn require_get(State(server): State<Server>, request: Request) -> Failed {
    discard(&server, request.into_body()).await;
    Refusal::new(ErrorCode::RequireGet, "call it with GET").into()
}

/// 43002: the call wants POST.
pub(crate) async fn require_post(State(server): State<Server>, request: Request) -> Failed {
    discard(&server, request.into_body()).await;
    Refusal::new(ErrorCode::RequirePost, "call it with POST").into()
}
