//! `GET /openapi.json`.

use crate::server::Server;
use crate::tagged::is_known;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaipiao_wire::answer::CONTENT_TYPE;

/// Anybody may read it: it says what the server can do, and nothing of what it holds.
pub(crate) async fn openapi(State(server): State<Server>, headers: HeaderMap) -> Response {
    let text = server.openapi.text();
    let mut response = match is_known(&headers, &text.tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => text.bytes.clone().into_response(),
    };
    let tag = HeaderValue::try_from(&text.tag).expect("hexadecimal digits in quotes");
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)),
        (header::ETAG, tag),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}
