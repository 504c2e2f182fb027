//! Scripts of this server's own, as its pages and those of other origins load them.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A script that pages of any origin may load.
pub(crate) fn script(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, text).into_response()
}
