//! What the admin API answers when it does not do what was asked: plain HTTP statuses and
//! `{"error":…}`.

use crate::answer::json;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_wire::answer::bare;
use serde::Serialize;

#[derive(Serialize)]
struct ErrorJson<'a> {
    error: &'a str,
}

/// `{"error":…}` with a status.
pub(crate) fn refuse(status: StatusCode, error: &str) -> Response {
    json(status, bare(&ErrorJson { error }))
}

/// A use case's failure in this API's terms; the log has the store's words.
pub(crate) fn failed(failure: Failure) -> Response {
    match &failure {
        Failure::Refused(refusal) => refuse(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Failure::Overloaded(_) | Failure::Away(_) => {
            tracing::error!(why = %failure, "failed");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the store is away, try again")
        }
        Failure::Unreadable(_) | Failure::Damaged(_) => {
            tracing::error!(why = %failure, "failed");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "a fault of this server; its log says more")
        }
    }
}
