//! XML of pay merchants, and pages.

use super::members::{Members, is_wanted};
use super::pairs;
use super::secret::{MASK, is_secret};

const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";

/// XML with the contents of secret elements masked.
pub(super) fn xml(text: &str, members: &mut Members) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = end_of_tag(rest) else { break };
        let (tag, behind) = rest.split_at(end);
        shown.push_str(tag);
        rest = behind;
        let Some(name) = element_name(tag) else { continue };
        // Up to the end of this element, or to the text's, if it was cut off.
        let (content, behind) = content_of(rest, name);
        if is_secret(name) {
            shown.push_str(if content.is_empty() { "" } else { MASK });
            rest = behind;
        } else if is_leaf(content) {
            let value = content.trim();
            let inner = value.strip_prefix(CDATA).unwrap_or(value);
            let inner = inner.strip_suffix(CDATA_END).unwrap_or(inner);
            if is_wanted(name) {
                members.add(name, inner);
            }
            match pairs::has_pairs(content) {
                true => shown.push_str(&pairs::masked(content, members)),
                false => shown.push_str(content),
            }
            rest = behind;
        }
    }
    shown.push_str(rest);
    shown
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
    while let Some(at) = rest[from..].find("</").map(|at| from + at) {
        let behind = &rest[at + 2..];
        if behind.strip_prefix(name).is_some_and(|end| end.trim_start().starts_with('>')) {
            return rest.split_at(at);
        }
        from = at + 2;
    }
    (rest, "")
}

/// Whether an element has no other within.
fn is_leaf(content: &str) -> bool {
    let text = content.trim_start();
    text.starts_with(CDATA) || !content.contains('<')
}

/// A page with its hidden fields' secrets, and those of its links, masked.
pub(super) fn html(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('>').map_or(rest.len(), |at| at + 1);
        let (tag, behind) = rest.split_at(end);
        shown.push_str(&masked_tag(tag));
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

fn masked_tag(tag: &str) -> String {
    if attribute(tag, "name").is_some_and(|(_, name)| is_secret(name))
        && let Some((at, value)) = attribute(tag, "value")
    {
        return format!("{}{MASK}{}", &tag[..at], &tag[at + value.len()..]);
    }
    // A link, or a form's address: an attribute ends at its quotation mark.
    let masked = |part: &str| match part.contains('?') {
        true => pairs::masked(part, &mut Members::default()),
        false => part.to_owned(),
    };
    tag.split('"').map(masked).collect::<Vec<_>>().join("\"")
}

/// Where an attribute's value begins, and the value.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<(usize, &'t str)> {
    let start = format!(" {name}=\"");
    let at = tag.find(&start)? + start.len();
    tag[at..].split_once('"').map(|(value, _)| (at, value))
}
