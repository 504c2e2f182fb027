//! XML of pay merchants.

use super::members::{Members, is_wanted};
use super::secret::{MASK, is_secret};
use super::work::looked_at;
use super::{json, pairs};
use std::borrow::Cow;

const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// XML with the contents of secret elements masked.
pub(super) fn xml(text: &str, members: &mut Members) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        shown.push_str(&masked_text(&rest[..at], members));
        rest = &rest[at..];
        let Some(end) = end_of_tag(rest) else { break };
        let (tag, behind) = rest.split_at(end);
        rest = behind;
        let Some(name) = element_name(tag) else {
            shown.push_str(&masked_text(tag, members));
            continue;
        };
        shown.push_str(tag);
        if is_secret(name) {
            // Up to the end of this element, or to the text's, if it was cut off.
            let (content, behind) = content_of(rest, name);
            shown.push_str(if content.is_empty() { "" } else { MASK });
            rest = behind;
        } else {
            let (content, behind) = rest.split_at(end_of_text(rest));
            if is_wanted(name) {
                let value = content.trim();
                let inner = value.strip_prefix(CDATA).unwrap_or(value);
                members.add(name, inner.strip_suffix(CDATA_END).unwrap_or(inner));
            }
            shown.push_str(&masked_text(content, members));
            rest = behind;
        }
    }
    shown.push_str(&masked_text(rest, members));
    shown
}

/// What stands between two tags: it may hold an address, or JSON.
fn masked_text<'t>(text: &'t str, members: &mut Members) -> Cow<'t, str> {
    match pairs::has_pairs(text) || text.contains('{') {
        true => Cow::Owned(pairs::masked(text, members, 0, json::masked)),
        false => Cow::Borrowed(text),
    }
}

/// Where the next tag begins; CDATA is no tag.
fn end_of_text(rest: &str) -> usize {
    let blanks = rest.len() - rest.trim_start().len();
    let from = match rest[blanks..].starts_with(CDATA) {
        true => rest.find(CDATA_END).unwrap_or(rest.len()),
        false => 0,
    };
    let end = rest[from..].find('<').map_or(rest.len(), |at| from + at);
    looked_at(end + 1);
    end
}

/// Behind the `>` of the tag at the beginning; of CDATA, behind its end. None: it was cut off.
fn end_of_tag(rest: &str) -> Option<usize> {
    let ending = if rest.starts_with(CDATA) { CDATA_END } else { ">" };
    rest.find(ending).map(|at| at + ending.len())
}

/// The name of the element that the tag begins; None: it begins none that has content.
fn element_name(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?.strip_suffix('>')?;
    if inner.starts_with(['/', '?', '!']) || inner.ends_with('/') {
        return None;
    }
    inner.split_ascii_whitespace().next()
}

/// What stands before the end of the element of that name, and the rest.
fn content_of<'t>(rest: &'t str, name: &str) -> (&'t str, &'t str) {
    let mut from = 0;
    looked_at(rest.len());
    while let Some(at) = rest[from..].find("</").map(|at| from + at) {
        let behind = &rest[at + 2..];
        if behind.strip_prefix(name).is_some_and(|end| end.trim_start().starts_with('>')) {
            return rest.split_at(at);
        }
        from = at + 2;
    }
    (rest, "")
}
