//! The filter of the server's log: `/admin/v1/log`. It is this process's, and lasts until it ends.

use crate::admin::error::{failed, refuse};
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

#[derive(Serialize)]
struct LogJson {
    /// What is logged.
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
pub(crate) async fn get_log(_: Operator, State(server): State<Server>) -> Response {
    server.log.as_deref().map_or_else(no_log, told)
}

/// `PUT /admin/v1/log {"filter"}`: 200 once it holds, 400 with what is wrong with it.
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
