//! Whether this server is well, for whoever starts it again or sends it no more requests when it is not.

use crate::answer::json;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::health;

pub(crate) const PATH: &str = "/healthz";

/// So long the store may take. Probes give up after a second, most of them.
const TIME_LIMIT: Duration = Duration::from_millis(900);

/// `GET /healthz`: 200 while the store takes commits, 503 otherwise. Anybody may ask, so it says no more;
/// the log does.
pub(crate) async fn health(State(server): State<Server>) -> Response {
    match tokio::time::timeout(TIME_LIMIT, health::check(&server.app)).await {
        Ok(Ok(())) => json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
        Ok(Err(error)) => unwell(&error.to_string()),
        Err(_) => unwell("it did not answer in time"),
    }
}

fn unwell(why: &str) -> Response {
    tracing::error!(why, "the store takes no commits");
    json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"the store takes no commits"}"#.to_owned())
}
