//! Who may use the admin API.

use crate::admin::error::refuse;
use crate::server::Server;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Response;
use subtle::ConstantTimeEq;

/// An operator: `Authorization: Bearer <admin token>`.
pub(crate) struct Operator;

impl FromRequestParts<Server> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("");
        let expected = server.settings.admin_token.as_deref().unwrap_or("");
        if !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
            return Ok(Self);
        }
        if !given.is_empty() {
            tracing::warn!(path = parts.uri.path(), "a wrong admin token was refused");
        }
        let error = "send Authorization: Bearer <admin token>";
        Err(refuse(StatusCode::UNAUTHORIZED, error))
    }
}
