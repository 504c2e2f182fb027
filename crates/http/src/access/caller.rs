//! Who calls: the account behind `access_token`, checked before the body is read.

use crate::answer::Failed;
use crate::body::{RequestBody, Sender, query_value};
use crate::server::Server;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use kaipiao_app::access::authenticate;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_errcode::ErrorCode;

/// An account with a token that works.
pub(crate) struct Caller(pub(crate) Account);

impl FromRequestParts<Server> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failed> {
        let token = query_value(&parts.uri, "access_token");
        Ok(Self(authenticate::authenticate(&server.app, &token).await?))
    }
}

/// An account with a token that works and the merchant API's permission.
pub(crate) struct Merchant(pub(crate) Account);

impl FromRequestParts<Server> for Merchant {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failed> {
        let token = query_value(&parts.uri, "access_token");
        Ok(Self(authenticate::authenticate_merchant(&server.app, &token).await?))
    }
}

/// A POST of the merchant API: who calls, and what they sent.
pub(crate) struct Call {
    /// The account behind the token.
    pub(crate) caller: Account,
    /// The body.
    pub(crate) body: RequestBody,
}

impl FromRequest<Server> for Call {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let (mut parts, body) = request.into_parts();
        let Merchant(caller) = Merchant::from_request_parts(&mut parts, server).await?;
        let sender = Sender::Account(caller.appid.clone());
        Ok(Self { caller, body: RequestBody::receive(server, &parts, body, sender).await? })
    }
}

/// 43001: the call wants GET.
pub(crate) async fn require_get() -> Failed {
    Refusal::new(ErrorCode::RequireGet, "call it with GET").into()
}

/// 43002: the call wants POST.
pub(crate) async fn require_post() -> Failed {
    Refusal::new(ErrorCode::RequirePost, "call it with POST").into()
}
