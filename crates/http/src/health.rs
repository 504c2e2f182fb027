//! Whether this server is well, for whoever starts it again or sends it no more requests when it is not.

use crate::answer;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::health;
use serde_json::json;

pub(crate) const PATH: &str = "/healthz";

/// So long the store may take. Probes give up after a second, most of them.
const TIME_LIMIT: Duration = Duration::from_millis(900);

/// `GET /healthz`: 200 while the store takes commits; 503 with the reason when it does not, until it has
/// written again. Anybody may ask: the reason names no path and no data.
pub(crate) async fn health(State(server): State<Server>) -> Response {
    match tokio::time::timeout(TIME_LIMIT, health::check(&server.app)).await {
        Ok(Ok(())) => answer::json(StatusCode::OK, json!({"status": "ok"}).to_string()),
        Ok(Err(error)) => unwell(&error.to_string()),
        Err(_) => unwell("it did not answer in time"),
    }
}

fn unwell(why: &str) -> Response {
    tracing::error!(why, "the store takes no commits");
    let body = json!({"status": "the store takes no commits", "reason": why});
    answer::json(StatusCode::SERVICE_UNAVAILABLE, body.to_string())
}
