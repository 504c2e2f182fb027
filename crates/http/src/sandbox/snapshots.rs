//! Snapshots of a name space, and its reset.

use crate::admin::error::{ErrorJson, SandboxRefusals, failed};
use crate::answer::json;
use crate::body::RequestBody;
use crate::sandbox::name_spaces::{done, not_done};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::account_reset;
use kaipiao_app::name_spaces::{NotDone, SandboxName, Snapshot};
use kaipiao_domain::{Refusal, text};
use kaipiao_wire::answer::bare;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct SnapshotJson {
    name: String,
    /// Unix seconds, in real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<i64>,
    /// What the clock showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<i64>,
    /// Why it cannot be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<Snapshot> for SnapshotJson {
    fn from(Snapshot { name, taken, shown, problem }: Snapshot) -> Self {
        let (taken, shown) = (taken.unix_seconds(), shown.unix_seconds());
        let is_known = problem.is_none();
        let (taken, now) = (is_known.then_some(taken), is_known.then_some(shown));
        Self { name, taken, now, problem }
    }
}

#[derive(Serialize, ToSchema)]
struct SnapshotsJson {
    snapshots: Vec<SnapshotJson>,
}

/// A snapshot that is wanted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct SnapshotBody {
    /// 1 to 32 of a-z, 0-9 and -, with - not at the ends.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
    name: String,
}

/// `GET /sandbox/v1/snapshots`: those of this name space.
#[utoipa::path(
    get,
    path = "/sandbox/v1/snapshots",
    tag = "sandbox",
    operation_id = "listSnapshots",
    responses(
        (status = 200, description = "Those of this name space, by name.", body = SnapshotsJson),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn snapshots(State(server): State<Server>) -> Response {
    listed(&server, &server.sandbox().name_space).await
}

/// `GET /sandbox/v1/namespaces/{name}/snapshots`: those of another name space, which may be one that cannot be opened.
#[utoipa::path(
    get,
    path = "/sandbox/v1/namespaces/{name}/snapshots",
    tag = "sandbox",
    operation_id = "listSnapshotsOf",
    params(("name" = String, Path, description = "The name space.")),
    responses(
        (status = 200, description = "Those of this name space, by name.", body = SnapshotsJson),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn snapshots_of(State(server): State<Server>, PathName(of): PathName) -> Response {
    listed(&server, &of).await
}

async fn listed(server: &Server, of: &str) -> Response {
    match server.sandbox().name_spaces.snapshots(of).await {
        Ok(found) => {
            let snapshots = found.into_iter().map(SnapshotJson::from).collect();
            json(StatusCode::OK, bare(&SnapshotsJson { snapshots }))
        }
        Err(error) => not_done(&error),
    }
}

/// `{"name"}`: saves this name space as it is, in the place of what had the name.
#[utoipa::path(
    post,
    path = "/sandbox/v1/snapshots",
    tag = "sandbox",
    operation_id = "saveSnapshot",
    request_body = SnapshotBody,
    responses(
        (status = 201, description = "It is saved.", body = SnapshotJson),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn save(State(server): State<Server>, body: RequestBody) -> Response {
    let name = match body.object().and_then(|object| SandboxName::read(&object)) {
        Ok(name) => name,
        Err(refusal) => return failed(refusal.into()),
    };
    let sandbox = server.sandbox();
    match sandbox.name_spaces.save(&sandbox.name_space, &name).await {
        Ok(saved) => json(StatusCode::CREATED, bare(&SnapshotJson::from(saved))),
        Err(error) => not_done(&error),
    }
}

/// `POST /sandbox/v1/snapshots/{name}/restore`: this name space becomes what it was.
#[utoipa::path(
    post,
    path = "/sandbox/v1/snapshots/{name}/restore",
    tag = "sandbox",
    operation_id = "restoreSnapshot",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "This name space is what it was."),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn restore(State(server): State<Server>, PathName(name): PathName) -> Response {
    restored(&server, &server.sandbox().name_space, &name).await
}

/// `POST /sandbox/v1/namespaces/{name}/snapshots/{snapshot}/restore`: another name space, also one that cannot be opened,
/// becomes what it was.
#[utoipa::path(
    post,
    path = "/sandbox/v1/namespaces/{name}/snapshots/{snapshot}/restore",
    tag = "sandbox",
    operation_id = "restoreSnapshotOf",
    params(
        ("name" = String, Path, description = "The name space."),
        ("snapshot" = String, Path, description = "The snapshot's name."),
    ),
    responses(
        (status = 204, description = "That name space is what it was."),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn restore_of(
    State(server): State<Server>,
    PathName((of, name)): PathName<(String, String)>,
) -> Response {
    restored(&server, &of, &name).await
}

async fn restored(server: &Server, of: &str, name: &str) -> Response {
    match known(name) {
        Ok(name) => done(server.sandbox().name_spaces.restore(of, &name).await),
        Err(error) => not_done(&error),
    }
}

/// `DELETE /sandbox/v1/snapshots/{name}`
#[utoipa::path(
    delete,
    path = "/sandbox/v1/snapshots/{name}",
    tag = "sandbox",
    operation_id = "removeSnapshot",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn forget(State(server): State<Server>, PathName(name): PathName) -> Response {
    let sandbox = server.sandbox();
    match known(&name) {
        Ok(name) => done(sandbox.name_spaces.forget(&sandbox.name_space, &name).await),
        Err(error) => not_done(&error),
    }
}

/// What cannot be a name names nothing.
fn known(name: &str) -> Result<SandboxName, NotDone> {
    let unknown = || NotDone::Unknown(format!("there is no snapshot {}", text::quoted(name)));
    SandboxName::parse(name).ok_or_else(unknown)
}

/// What is reset.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct ResetBody {
    /// One account alone; left out: the whole name space.
    appid: Option<String>,
}

/// This name space is as at its first start, or one of its accounts as it was made.
#[utoipa::path(
    post,
    path = "/sandbox/v1/reset",
    tag = "sandbox",
    operation_id = "reset",
    request_body = Option<ResetBody>,
    responses(
        (status = 204, description = "This name space is as at its first start, or the account as it was made."),
        (status = 404, description = "There is no such account; the text names those that there are.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn reset(State(server): State<Server>, body: RequestBody) -> Response {
    let asked = match asked_account(&body) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let sandbox = server.sandbox();
    let (name_spaces, of) = (&sandbox.name_spaces, &sandbox.name_space);
    let Some(asked) = asked else { return done(name_spaces.reset(of).await) };
    match account_reset::whose(&server.app, &asked).await {
        Ok(Ok(appid)) => done(name_spaces.reset_account(of, &appid).await),
        Ok(Err(unknown)) => not_done(&unknown),
        Err(failure) => failed(failure),
    }
}

/// `POST /sandbox/v1/namespaces/{name}/reset`: another name space, also one that cannot be opened, is as at its first start.
#[utoipa::path(
    post,
    path = "/sandbox/v1/namespaces/{name}/reset",
    tag = "sandbox",
    operation_id = "resetNameSpace",
    params(("name" = String, Path, description = "The name space.")),
    responses(
        (status = 204, description = "That name space is as at its first start."),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn reset_of(State(server): State<Server>, PathName(of): PathName) -> Response {
    done(server.sandbox().name_spaces.reset(&of).await)
}

/// The account that alone is to be reset; None: no account is named, but the whole name space.
fn asked_account(body: &RequestBody) -> Result<Option<String>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    let object = body.object()?;
    let asked = object.optional_text("appid")?;
    // No more is removed than was asked for.
    if asked.is_none() && object.into_members().contains_key("appid") {
        let problem = "is null: name an account, or leave it out to reset the whole name space";
        return Err(Refusal::invalid("appid", problem));
    }
    Ok(asked)
}
