//! The filter of the server's log: `/admin/v1/log`. It is this process's, and lasts until it ends.

use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::RequestBody;
use crate::log_filter::LogFilter;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_domain::Refusal;
use kaipiao_wire::answer::bare;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct LogJson {
    /// What is logged.
    filter: String,
}

/// What is to be logged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct LogBody {
    /// Levels, of all or of parts of the program: `info`, `info,kaipiao_app=debug`.
    #[schema(min_length = 1)]
    filter: String,
}

/// What is answered in a process that has no log of its own.
fn no_log() -> Response {
    refuse(StatusCode::CONFLICT, "this server's process has no log that can be changed")
}

fn told(log: &dyn LogFilter) -> Response {
    json(StatusCode::OK, bare(&LogJson { filter: log.current() }))
}

/// `GET /admin/v1/log`: the filter.
#[utoipa::path(
    get,
    path = "/admin/v1/log",
    tag = "admin",
    operation_id = "getLog",
    responses(
        (status = 200, description = "What is logged.", body = LogJson),
        (status = 409, description = "This process has no log that can be changed.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn get_log(_: Operator, State(server): State<Server>) -> Response {
    server.log.as_deref().map_or_else(no_log, told)
}

/// `PUT /admin/v1/log {"filter"}`: 200 once it holds, 400 with what is wrong with it.
#[utoipa::path(
    put,
    path = "/admin/v1/log",
    tag = "admin",
    operation_id = "putLog",
    request_body = LogBody,
    responses(
        (status = 200, description = "What is logged.", body = LogJson),
        (status = 409, description = "This process has no log that can be changed.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_log(
    _: Operator,
    State(server): State<Server>,
    body: RequestBody,
) -> Response {
    let Some(log) = server.log.as_deref() else { return no_log() };
    let set = body.object().and_then(|object| {
        let filter = object.text("filter")?;
        log.set(&filter).map_err(|problem| Refusal::invalid("filter", problem))
    });
    match set {
        Ok(()) => told(log),
        Err(refusal) => failed(refusal.into()),
    }
}
