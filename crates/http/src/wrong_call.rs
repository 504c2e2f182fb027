//! Calls that no handler gets: a method that a path does not take, a name in the path that is not UTF-8.

use crate::admin::error::refuse;
use crate::server::Server;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::de::DeserializeOwned;

/// The name in an operator's path.
pub(crate) struct PathName<T = String>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Server> for PathName<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Response> {
        let name: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, server).await;
        let not_text =
            |_| refuse(StatusCode::BAD_REQUEST, "the path must be UTF-8, percent-encoded");
        name.map(|Path(name)| Self(name)).map_err(not_text)
    }
}

/// 405; Allow says which methods the path takes.
pub(crate) async fn wrong_method(method: Method) -> Response {
    let error = format!("this path does not take {method}; the header Allow lists what it takes");
    refuse(StatusCode::METHOD_NOT_ALLOWED, &error)
}
