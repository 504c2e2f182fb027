//! The one style of all pages, and their icon.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../assets/style.css");
/// Its address changes with its content: a browser keeps the one it has, and fetches a new one.
pub(crate) const STYLE_PATH: &str = "/style.css";
pub(crate) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let mut hash = DefaultHasher::new();
    STYLE.hash(&mut hash);
    format!("{STYLE_PATH}?v={:016x}", hash.finish())
});

const STYLE_LIFE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET /style.css`
pub(crate) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, STYLE_LIFE),
    ];
    (headers, STYLE).into_response()
}

/// A receipt on green, as a vector: sharp on every screen.
const ICON: &str = include_str!("../assets/icon.svg");
pub(crate) const ICON_PATH: &str = "/icon.svg";

/// `GET /icon.svg`, and `GET /favicon.ico`, which browsers ask for beside a PDF.
pub(crate) async fn icon() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    (headers, ICON).into_response()
}
