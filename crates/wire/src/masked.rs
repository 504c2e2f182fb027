//! Bodies and addresses as they may be kept and shown: their secrets masked, all else as it came.
//!
//! Texts are scanned and not parsed: what is shown may be cut off in the middle, or be what its sender takes for JSON.

mod json;
mod markup;
mod members;
mod pairs;
mod secret;
mod work;

pub use members::Members;
pub use secret::MASK;

/// A body's text with its secrets masked: JSON, XML or a form, whatever it looks like. Members that a log is
/// searched by are added to `members`.
pub fn body(text: &str, members: &mut Members) -> String {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match start.as_bytes().first() {
        Some(b'{' | b'[' | b'"') => json::masked(text, members, 0),
        Some(b'<') => markup::xml(text, members),
        _ => pairs::masked(text, members, 0, json::masked),
    }
}

/// Path and query of a request with the secrets in its query masked. Members as of [`body`].
pub fn target(path_and_query: &str, members: &mut Members) -> String {
    match path_and_query.split_once('?') {
        None => path_and_query.to_owned(),
        Some((path, query)) => {
            format!("{path}?{}", pairs::masked(query, members, 0, json::masked))
        }
    }
}

#[cfg(test)]
mod tests;
