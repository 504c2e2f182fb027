//! `POST /cgi-bin/clear_quota` and `…/v2`, `POST /cgi-bin/openapi/quota/get` and `…/clear`.

use crate::access::caller::{AnyCall, Call, client_of};
use crate::answer::{Failed, JsonAnswer};
use crate::body::{RequestBody, Sender, query_object};
use crate::server::Server;
use crate::struck;
use axum::extract::{Request, State};
use kaipiao_app::access::quota;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_wire::access::utilities::{
    QuotaAnswer, read_clear_by_secret, read_clear_quota, read_quota_path, unknown_path,
};
use kaipiao_wire::answer::{ok, ok_with};
use kaipiao_wire::object::Object;

pub(crate) async fn clear_quota(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    read_clear_quota(&body.object()?, caller.appid.as_str())?;
    quota::clear(&server.app, &caller.appid).await?;
    server.calls.forget_counts(&caller.appid);
    clear_faults(&server, &caller.appid, None);
    Ok(JsonAnswer(ok()))
}

/// The appid and the secret stand in for a token: all of an account's may be used up.
pub(crate) async fn clear_quota_by_secret(
    State(server): State<Server>,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    let (parts, body) = request.into_parts();
    let query = query_object(&parts.uri)?;
    let body = RequestBody::receive(&server, &parts, body, Sender::Unknown).await?;
    let body = if body.is_empty() { None } else { Some(body.object()?) };
    let claim = read_clear_by_secret(&query, body.as_ref())?;
    struck::strike(&parts.extensions, claim.appid.trim(), false).await?;
    let appid = quota::clear_by_secret(&server.app, &claim, client_of(&parts)).await?;
    server.calls.forget_counts(&appid);
    clear_faults(&server, &appid, None);
    Ok(JsonAnswer(ok()))
}

pub(crate) async fn clear_path_quota(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    let path = known_path(&server, &body.object()?)?;
    quota::clear_path(&server.app, &caller.appid, &path).await?;
    server.calls.forget_count(&caller.appid, &path);
    clear_faults(&server, &caller.appid, Some(&path));
    Ok(JsonAnswer(ok()))
}

/// The call that is asked about: 76021 when there is none.
fn known_path(server: &Server, object: &Object<'_>) -> Result<String, Refusal> {
    let path = read_quota_path(object)?;
    if server.calls.knows(&path) { Ok(path) } else { Err(unknown_path(&path)) }
}

pub(crate) async fn get_quota(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    let path = known_path(&server, &body.object()?)?;
    let used = server.calls.used(&caller.appid, &path, server.app.now());
    let is_used_up = server
        .sandbox
        .as_ref()
        .is_some_and(|sandbox| sandbox.faults.use_up_quota(caller.appid.as_str(), &path));
    let quota = if is_used_up { QuotaAnswer::used_up(used) } else { QuotaAnswer::unlimited(used) };
    Ok(JsonAnswer(ok_with(&quota)))
}

/// A quota that the sandbox has planned as used up is so no more.
fn clear_faults(server: &Server, appid: &AppId, path: Option<&str>) {
    if let Some(sandbox) = &server.sandbox {
        sandbox.faults.clear_quota(appid.as_str(), path);
    }
}
