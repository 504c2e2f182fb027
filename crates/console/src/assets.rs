//! The console's style and script. Their addresses change with their contents: a browser keeps the ones it has, and
//! fetches new ones.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
pub(crate) const STYLE_PATH: &str = "/console/console.css";
pub(crate) const SCRIPT_PATH: &str = "/console/console.js";
pub(crate) static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| address(STYLE_PATH, STYLE));
pub(crate) static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address(SCRIPT_PATH, SCRIPT));

fn address(path: &str, content: &str) -> String {
    let mut hash = DefaultHasher::new();
    content.hash(&mut hash);
    format!("{path}?v={:016x}", hash.finish())
}

/// `GET /console/console.css`
pub(crate) async fn style() -> Response {
    lasting("text/css; charset=utf-8", STYLE)
}

/// `GET /console/console.js`
pub(crate) async fn script() -> Response {
    lasting("text/javascript; charset=utf-8", SCRIPT)
}

fn lasting(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, content).into_response()
}
