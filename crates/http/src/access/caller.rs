//! Who calls: the account behind `access_token`, checked before the body is read.

use crate::answer::Failed;
use crate::body::{Received, RequestBody, Sender};
use crate::budget::FREE_BYTES;
use crate::query::{TOKEN, query_value};
use crate::server::{ClientAddress, Server};
use crate::struck;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use kaipiao_app::access::authenticate::{self, Needed};
use kaipiao_app::under_way::UnderWay;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_errcode::ErrorCode;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// An account with a token that works.
pub(crate) struct Caller(pub(crate) Account);

impl FromRequestParts<Server> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Failed> {
        let token = token(parts)?;
        Ok(Self(authenticated(server, parts, &token, None).await?))
    }
}

/// A POST: who calls, with the permission for it, and what they sent. As an extractor, one of
/// [`Permission::Merchant`].
pub(crate) struct Call {
    /// The account behind the token.
    pub(crate) caller: Account,
    /// The body.
    pub(crate) body: RequestBody,
}

impl Call {
    async fn of(needed: Option<Needed>, request: Request, server: &Server) -> Result<Self, Failed> {
        let (parts, body) = request.into_parts();
        if query_value(&parts.uri, TOKEN).is_empty() {
            let seen = match seen_in_head(&parts) {
                None if is_in_body(server, &parts, body).await => Some("in the body"),
                seen => seen,
            };
            return Err(missing(seen).into());
        }
        let token = token(&parts)?;
        let caller = authenticated(server, &parts, &token, needed).await?;
        let sender = Sender::Account(caller.appid.clone());
        Ok(Self { caller, body: RequestBody::receive(server, &parts, body, sender).await? })
    }
}

impl FromRequest<Server> for Call {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        Self::of(Some(Permission::Merchant.into()), request, server).await
    }
}

/// A [`Call`] that every account may make.
pub(crate) struct AnyCall(pub(crate) Call);

impl FromRequest<Server> for AnyCall {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        Call::of(None, request, server).await.map(Self)
    }
}

/// A [`Call`] of [`Permission::Invoicing`].
pub(crate) struct InvoicingCall(pub(crate) Call);

impl FromRequest<Server> for InvoicingCall {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        Call::of(Some(Permission::Invoicing.into()), request, server).await.map(Self)
    }
}

/// A [`Call`] of [`Permission::Platform`].
pub(crate) struct PlatformCall(pub(crate) Call);

impl FromRequest<Server> for PlatformCall {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        Call::of(Some(Permission::Platform.into()), request, server).await.map(Self)
    }
}

/// A call of [`Permission::Platform`] that 72015 is not for (D-210): 48001 without it.
pub(crate) struct OtherPlatformCall(pub(crate) Call);

impl FromRequest<Server> for OtherPlatformCall {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let refused_with = ErrorCode::ApiUnauthorized;
        let needed = Needed { permission: Permission::Platform, refused_with };
        Call::of(Some(needed), request, server).await.map(Self)
    }
}

/// A file that a platform uploads: a body that is longer than others, and no JSON.
pub(crate) struct Upload {
    /// The platform.
    pub(crate) caller: Account,
    /// The body.
    pub(crate) body: Received,
    /// The body's Content-Type; empty: it has none.
    pub(crate) content_type: String,
}

impl FromRequest<Server> for Upload {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let (parts, body) = request.into_parts();
        let token = token(&parts)?;
        let needed = Some(Permission::Platform.into());
        let caller = authenticated(server, &parts, &token, needed).await?;
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let sender = Sender::Upload(caller.appid.clone());
        let body = Received::receive(server, &parts, body, sender).await?;
        Ok(Self { caller, body, content_type })
    }
}

/// A [`Call`] of [`Permission::Reimbursement`].
pub(crate) struct ReimbursementCall(pub(crate) Call);

impl FromRequest<Server> for ReimbursementCall {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        Call::of(Some(Permission::Reimbursement.into()), request, server).await.map(Self)
    }
}

/// The account behind a token that works, if it may make this call; it is counted.
async fn authenticated(
    server: &Server,
    parts: &Parts,
    token: &str,
    needed: Option<Needed>,
) -> Result<Account, Failed> {
    let from = client_of(parts);
    let caller = authenticate::authenticate_for(&server.app, token, from, needed).await?;
    if let Some(under_way) = parts.extensions.get::<Arc<UnderWay>>() {
        under_way.is_of(caller.appid.as_str());
    }
    struck::strike(&parts.extensions, caller.appid.as_str(), true).await?;
    count(server, parts, &caller.appid);
    Ok(caller)
}

/// Whom a request is from; None: whoever accepts connections has not said.
pub(crate) fn client_of(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get().map(|ClientAddress(address)| *address)
}

/// Counts an account's call.
pub(crate) fn count(server: &Server, parts: &Parts, appid: &AppId) {
    if let Some(path) = parts.extensions.get::<MatchedPath>() {
        server.calls.count(appid, path.as_str(), server.app.now());
    }
}

/// The query's token, or 41001.
fn token(parts: &Parts) -> Result<String, Refusal> {
    let token = query_value(&parts.uri, TOKEN);
    if token.is_empty() { Err(missing(seen_in_head(parts))) } else { Ok(token) }
}

/// 41001, and where a token was seen instead.
fn missing(seen: Option<&str>) -> Refusal {
    let seen = seen.map(|place| format!("it stands {place}, ")).unwrap_or_default();
    let detail = format!("{seen}put access_token=… into the query");
    Refusal::new(ErrorCode::AccessTokenMissing, detail)
}

fn seen_in_head(parts: &Parts) -> Option<&'static str> {
    let query = parts.uri.query().unwrap_or("").as_bytes();
    let is_like = |name: &str| {
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        ["accesstoken", "token"].iter().any(|known| letters.eq_ignore_ascii_case(known))
    };
    if parts.headers.contains_key(AUTHORIZATION) {
        return Some("in the header Authorization");
    }
    if parts.headers.keys().any(|name| is_like(name.as_str())) {
        return Some("in a header");
    }
    let is_named_otherwise = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        name != TOKEN && is_like(&name) && !value.is_empty()
    };
    let is_renamed = form_urlencoded::parse(query).any(is_named_otherwise);
    is_renamed.then_some("under another name")
}

/// Whether a small body holds a token: of somebody who is not known nothing larger is read.
async fn is_in_body(server: &Server, parts: &Parts, body: Body) -> bool {
    let most = u64::try_from(FREE_BYTES).unwrap_or(u64::MAX);
    if body.size_hint().exact().is_none_or(|bytes| bytes == 0 || bytes > most) {
        return false;
    }
    let body = RequestBody::receive(server, parts, body, Sender::Unknown).await;
    body.is_ok_and(|body| body.object().is_ok_and(|object| object.has(TOKEN)))
}

/// 43001: the call wants GET.
pub(crate) async fn require_get() -> Failed {
    Refusal::new(ErrorCode::RequireGet, "call it with GET").into()
}

/// 43002: the call wants POST.
pub(crate) async fn require_post() -> Failed {
    Refusal::new(ErrorCode::RequirePost, "call it with POST").into()
}
