//! Answers that clients keep, and ask after by their tag.

use axum::http::{HeaderMap, header};

/// Whether the client has what this tag names (If-None-Match).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    asked.is_some_and(|tags| {
        tags.split(',')
            .any(|one| matches!(one.trim().trim_start_matches("W/"), t if t == tag || t == "*"))
    })
}
