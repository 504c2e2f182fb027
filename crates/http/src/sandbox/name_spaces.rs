//! The sandbox's name spaces, as test suites make and remove them.

use crate::admin::error::{ErrorJson, SandboxRefusals, failed, refuse};
use crate::answer::json;
use crate::body::RequestBody;
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kaipiao_app::name_spaces::{NameSpace, NewNameSpace, NotDone};
use kaipiao_domain::Timestamp;
use kaipiao_wire::answer::bare;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct NameSpaceJson {
    name: String,
    base_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    /// Unix seconds, in real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<i64>,
    /// Seconds after which it is removed, in real time from `made` on; absent: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    life_s: Option<u64>,
    /// Unix seconds, in real time; absent: never since the server began.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_called: Option<i64>,
    /// Why it cannot be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<NameSpace> for NameSpaceJson {
    fn from(space: NameSpace) -> Self {
        let NameSpace { name, base_url, seed, made, life, last_called, problem } = space;
        Self {
            name,
            base_url,
            seed,
            made: made.map(Timestamp::unix_seconds),
            life_s: life.map(|life| life.as_secs()),
            last_called: last_called.map(Timestamp::unix_seconds),
            problem,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct NameSpacesJson {
    /// Which one answers.
    here: String,
    namespaces: Vec<NameSpaceJson>,
}

/// A name space that is wanted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct NameSpaceBody {
    /// 1 to 32 of a-z, 0-9 and -, with - not at the ends.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
    name: String,
    /// What its keys and randomness follow from: a text or a number.
    #[schema(max_length = 64)]
    seed: Option<String>,
    /// What its clock shows first: unix seconds, or an RFC 3339 text.
    #[schema(value_type = Option<super::clock::Moment>)]
    now: Option<()>,
    /// Seconds that its clock shows for each real one.
    #[schema(minimum = 0, maximum = 86400)]
    rate: Option<f64>,
    stopped: Option<bool>,
    /// Seconds after which it is removed, in real time; left out: it stays.
    #[schema(minimum = 1, maximum = 31_536_000)]
    life_s: Option<i64>,
}

/// `GET /sandbox/v1/namespaces`: all of them, and which one answers.
#[utoipa::path(
    get,
    path = "/sandbox/v1/namespaces",
    tag = "sandbox",
    operation_id = "listNameSpaces",
    responses(
        (status = 200, description = "All of them, the default one first.", body = NameSpacesJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn name_spaces(State(server): State<Server>) -> Response {
    let sandbox = server.sandbox();
    let namespaces = sandbox.name_spaces.list().into_iter().map(NameSpaceJson::from).collect();
    let here = sandbox.name_space.clone();
    json(StatusCode::OK, bare(&NameSpacesJson { here, namespaces }))
}

/// `{"name","seed"?,"now"?,"rate"?,"stopped"?,"life_s"?}`: makes one and starts it.
#[utoipa::path(
    post,
    path = "/sandbox/v1/namespaces",
    tag = "sandbox",
    operation_id = "createNameSpace",
    request_body = NameSpaceBody,
    responses(
        (status = 201, description = "It is made and answers.", body = NameSpaceJson),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn create(State(server): State<Server>, body: RequestBody) -> Response {
    let wanted = match body.object().and_then(|object| NewNameSpace::read(&object)) {
        Ok(wanted) => wanted,
        Err(refusal) => return failed(refusal.into()),
    };
    match server.sandbox().name_spaces.create(wanted).await {
        Ok(made) => json(StatusCode::CREATED, bare(&NameSpaceJson::from(made))),
        Err(error) => not_done(&error),
    }
}

/// `DELETE /sandbox/v1/namespaces/{name}`: stops it, and removes all that it has.
#[utoipa::path(
    delete,
    path = "/sandbox/v1/namespaces/{name}",
    tag = "sandbox",
    operation_id = "removeNameSpace",
    params(("name" = String, Path, description = "Its name.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is none of this name.", body = ErrorJson<'static>),
        (status = 409, description = "The state does not allow it, or nodes share the store.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn remove(State(server): State<Server>, PathName(name): PathName) -> Response {
    done(server.sandbox().name_spaces.remove(&name).await)
}

/// 204, or why not.
pub(super) fn done(result: Result<(), NotDone>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => not_done(&error),
    }
}

pub(super) fn not_done(error: &NotDone) -> Response {
    let status = match error {
        NotDone::Unknown(_) => StatusCode::NOT_FOUND,
        NotDone::Conflict(_) => StatusCode::CONFLICT,
        NotDone::Failed(why) => {
            tracing::error!(why, "a name space was not changed");
            let text = "a fault of this server; its log says more";
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, text);
        }
    };
    refuse(status, &error.to_string())
}
