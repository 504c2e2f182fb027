//! Whether this server is well, for whoever starts it again or sends it no more requests when it is not, and whether
//! it wants requests.

use crate::answer;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::health;
use kaipiao_app::life::Stage;
use serde_json::json;

/// So long the store may take. Probes give up after a second, most of them.
const TIME_LIMIT: Duration = Duration::from_millis(900);

/// `GET /healthz`: 200 while the store takes commits; 503 with the reason when it does not, until it has
/// written again. Anybody may ask: the reason names no path and no data.
pub(crate) async fn health(State(server): State<Server>) -> Response {
    match store_fault(&server).await {
        None => answer::json(StatusCode::OK, json!({"status": "ok"}).to_string()),
        Some(why) => unwell(&why),
    }
}

/// `GET /readyz`: 200 while requests should be sent here. 503 before the workers run, from when the server is told
/// to stop, and while the store takes no commits.
pub(crate) async fn ready(State(server): State<Server>) -> Response {
    let not_ready = |status: &str| {
        let body = json!({"status": status});
        answer::json(StatusCode::SERVICE_UNAVAILABLE, body.to_string())
    };
    match server.app.life().stage() {
        Stage::Starting => not_ready("starting"),
        Stage::Stopping => not_ready("stopping"),
        Stage::Serving => match store_fault(&server).await {
            None => answer::json(StatusCode::OK, json!({"status": "ready"}).to_string()),
            Some(why) => unwell(&why),
        },
    }
}

/// Why the store takes no commits; None: it takes them.
async fn store_fault(server: &Server) -> Option<String> {
    match tokio::time::timeout(TIME_LIMIT, health::check(&server.app)).await {
        Ok(found) => found.err().map(|error| error.to_string()),
        Err(_) => Some("it did not answer in time".to_owned()),
    }
}

fn unwell(why: &str) -> Response {
    tracing::error!(why, "the store takes no commits");
    let body = json!({"status": "the store takes no commits", "reason": why});
    answer::json(StatusCode::SERVICE_UNAVAILABLE, body.to_string())
}
