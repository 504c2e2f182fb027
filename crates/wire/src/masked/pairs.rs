//! Queries, forms, and texts with addresses or JSON in them: `name=value`, divided by `&`.

use super::members::{LONGEST, Members, is_wanted};
use super::secret::{MASK, is_secret};
use super::work::looked_at;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// How deep an encoded value of a value is looked into; a deeper one is masked.
pub(super) const DEEPEST: usize = 4;
/// What is encoded in a value that may hold pairs or JSON: `=`, `"`, `[`, `{`, and `%` of what is encoded twice.
const ENCODED: [&[u8]; 5] = [b"3d", b"22", b"5b", b"7b", b"25"];
/// Bytes of a member's value at most, encoded.
const LONGEST_ENCODED: usize = 3 * LONGEST;

/// Masks JSON: text, members, depth.
type Json = fn(&str, &mut Members, usize) -> String;

/// The text with its secrets masked, those of JSON in it too.
pub(super) fn masked(text: &str, members: &mut Members, depth: usize, json: Json) -> String {
    let mut shown = String::with_capacity(text.len());
    for (number, part) in text.split('&').enumerate() {
        if number > 0 {
            shown.push('&');
        }
        mask_part(part, members, (depth, json), &mut shown);
    }
    match shown.contains(['{', '"']) {
        true => json(&shown, members, depth),
        false => shown,
    }
}

/// Whether a text can hold a pair at all.
pub(super) fn has_pairs(text: &str) -> bool {
    text.contains('=')
}

/// What stands between two `&`: a pair, whose value may be an address with a query; or words with an address.
fn mask_part(part: &str, members: &mut Members, (depth, json): (usize, Json), shown: &mut String) {
    let mut rest = part;
    // Found once: a part may be all `=`.
    let last_encoded = last_encoded(part);
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
        if is_wanted(&name) && after.len() <= LONGEST_ENCODED {
            members.add(&name, &decoded(after));
        }
        rest = after;
        if last_encoded.is_some_and(|at| at >= part.len() - rest.len()) {
            shown.push_str(&masked_within(rest, members, (depth, json)));
            return;
        }
    }
    shown.push_str(rest);
}

/// An encoded value that may hold pairs or JSON itself; as it came if none of them is a secret.
fn masked_within(value: &str, members: &mut Members, (depth, json): (usize, Json)) -> String {
    if depth >= DEEPEST {
        return MASK.to_owned();
    }
    let inner = decoded(value);
    let shown = masked(&inner, members, depth + 1, json);
    if shown == *inner {
        return value.to_owned();
    }
    form_urlencoded::byte_serialize(shown.as_bytes()).collect()
}

/// Where the last character stands that may be of pairs or of JSON, and is encoded.
fn last_encoded(part: &str) -> Option<usize> {
    looked_at(part.len());
    let code = |at: usize| part.as_bytes().get(at + 1..at + 3).unwrap_or_default();
    let is_encoded = |at: &usize| ENCODED.iter().any(|one| code(*at).eq_ignore_ascii_case(one));
    part.rmatch_indices('%').map(|(at, _)| at).find(is_encoded)
}

const fn is_before_a_name(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '?' | '#' | '"' | '\'' | '<' | '>' | '(' | ',' | '/')
}

/// A name or value of a query: `+` is a blank.
fn decoded(text: &str) -> Cow<'_, str> {
    looked_at(text.len());
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let blanks = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&blanks).decode_utf8_lossy().into_owned())
}
