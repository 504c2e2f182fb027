//! Bodies and addresses as they may be kept and shown: their secrets masked, all else as it came.
//!
//! Texts are scanned and not parsed: what is shown may be cut off in the middle, or be what its sender takes for JSON.

mod json;
mod markup;
mod members;
mod pairs;
mod secret;

pub use members::Members;
pub use secret::MASK;

/// A body's text with its secrets masked: JSON, XML, HTML or a form, whatever it looks like. Members that a log is
/// searched by are added to `members`.
pub fn body(text: &str, content_type: &str, members: &mut Members) -> String {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_html = content_type
        .trim_start()
        .get(..9)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
    match start.as_bytes().first() {
        _ if is_html => markup::html(text),
        Some(b'{' | b'[') => json::masked(text, members),
        Some(b'<') => markup::xml(text, members),
        _ => pairs::masked(text, members),
    }
}

/// Path and query of a request with the secrets in its query masked. Members as of [`body`].
pub fn target(path_and_query: &str, members: &mut Members) -> String {
    match path_and_query.split_once('?') {
        None => path_and_query.to_owned(),
        Some((path, query)) => format!("{path}?{}", pairs::masked(query, members)),
    }
}

#[cfg(test)]
mod tests;
