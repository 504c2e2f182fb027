//! `GET /metrics`, where all metrics are read.

use crate::admin::error::refuse;
use crate::admin::operator::Operator;
use crate::server::Server;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use kaipiao_app::backlog;
use prometheus::TEXT_FORMAT;

/// `GET /metrics`: in the sandbox anybody's to read, in production whoever has the admin token (D-235).
pub(crate) async fn metrics(State(server): State<Server>, mut parts: Parts) -> Response {
    if server.sandbox.is_none() {
        if server.settings.admin_token.is_none() {
            let why = "metrics are served at metrics.listen, or here to whoever has the admin token (admin_token_file)";
            return refuse(StatusCode::NOT_FOUND, why);
        }
        if let Err(refused) = Operator::from_request_parts(&mut parts, &server).await {
            return refused;
        }
    }
    told(&server).await
}

/// The same where only operators can ask.
pub(crate) async fn open_metrics(State(server): State<Server>) -> Response {
    told(&server).await
}

async fn told(server: &Server) -> Response {
    backlog::look(&server.app).await;
    match server.app.metrics().text() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            let content_type = HeaderValue::from_static(TEXT_FORMAT);
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            response
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written")
        }
    }
}
