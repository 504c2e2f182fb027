//! Queries, forms, and texts with addresses in them: `name=value`, divided by `&`.

use super::members::{Members, is_wanted};
use super::secret::{MASK, is_secret};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// How deep an address in a parameter of an address is looked into.
const DEEPEST: usize = 4;

/// The text with its secrets masked.
pub(super) fn masked(text: &str, members: &mut Members) -> String {
    masked_at(text, members, 0)
}

/// Whether a text can hold a pair at all.
pub(super) fn has_pairs(text: &str) -> bool {
    text.contains('=')
}

fn masked_at(text: &str, members: &mut Members, depth: usize) -> String {
    let mut shown = String::with_capacity(text.len());
    for (number, part) in text.split('&').enumerate() {
        if number > 0 {
            shown.push('&');
        }
        mask_part(part, members, depth, &mut shown);
    }
    shown
}

/// What stands between two `&`: a pair, whose value may be an address with a query; or words with an address.
fn mask_part(part: &str, members: &mut Members, depth: usize, shown: &mut String) {
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('=') {
        let start = before
            .rfind(is_before_a_name)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let (ahead, name) = before.split_at(start);
        let name = decoded(name.strip_prefix("amp;").unwrap_or(name));
        shown.push_str(ahead);
        shown.push_str(&before[start..]);
        shown.push('=');
        if is_secret(&name) {
            // All of it up to the next `&`: a secret may have whatever characters.
            shown.push_str(if after.is_empty() { "" } else { MASK });
            return;
        }
        if is_wanted(&name) {
            members.add(&name, &decoded(after));
        }
        rest = after;
        if depth < DEEPEST && has_encoded_pairs(rest) {
            shown.push_str(&masked_within(rest, members, depth + 1));
            return;
        }
    }
    shown.push_str(rest);
}

/// An encoded value that holds pairs itself; as it came if none of them is a secret.
fn masked_within(value: &str, members: &mut Members, depth: usize) -> String {
    let inner = decoded(value);
    let shown = masked_at(&inner, members, depth);
    if shown == *inner {
        return value.to_owned();
    }
    form_urlencoded::byte_serialize(shown.as_bytes()).collect()
}

fn has_encoded_pairs(value: &str) -> bool {
    value.as_bytes().windows(3).any(|bytes| bytes.eq_ignore_ascii_case(b"%3d"))
}

const fn is_before_a_name(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '?' | '#' | '"' | '\'' | '<' | '>' | '(' | ',' | '/')
}

/// A name or value of a query: `+` is a blank.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let blanks = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&blanks).decode_utf8_lossy().into_owned())
}
