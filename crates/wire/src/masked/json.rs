//! JSON, and what looks like it.

use super::members::{Members, is_wanted};
use super::pairs::{self, DEEPEST};
use super::secret::{MASK, is_secret};
use std::borrow::Cow;

/// Containers whose names are remembered; a deeper one has none.
const MOST_OPEN: usize = 128;
/// Page fields have a `key`, which is their name and no secret.
const CUSTOM_FIELD: &str = "custom_field";

/// The text with its secrets masked. `depth`: of how many texts it is the inside of.
pub(super) fn masked(text: &str, members: &mut Members, depth: usize) -> String {
    let mut scan = Scan {
        rest: text,
        shown: String::with_capacity(text.len()),
        name: None,
        open: Vec::new(),
        members,
        depth,
    };
    while scan.step() {}
    scan.shown
}

/// A place in the text.
struct Scan<'t, 'm> {
    rest: &'t str,
    shown: String,
    /// The name whose value is next.
    name: Option<Cow<'t, str>>,
    /// Of each container around: whether it is of custom fields.
    open: Vec<bool>,
    members: &'m mut Members,
    depth: usize,
}

impl<'t> Scan<'t, '_> {
    /// Goes on by a token; false: it was the last.
    fn step(&mut self) -> bool {
        let Some(&first) = self.rest.as_bytes().first() else { return false };
        match first {
            b'"' => self.text(),
            b'{' | b'[' => self.begin(),
            b'}' | b']' => {
                self.open.pop();
                self.name = None;
                self.copy(1);
            }
            b',' => {
                self.name = None;
                self.copy(1);
            }
            b':' | b' ' | b'\t' | b'\r' | b'\n' => self.copy(1),
            _ => self.bare(),
        }
        true
    }

    fn copy(&mut self, bytes: usize) {
        let (token, rest) = self.rest.split_at(bytes);
        self.shown.push_str(token);
        self.rest = rest;
    }

    /// A secret stands next.
    fn is_secret_next(&self) -> bool {
        let Some(name) = &self.name else { return false };
        let is_name_of_field = **name == *"key" && self.open.last() == Some(&true);
        is_secret(name) && !is_name_of_field
    }

    /// A name, or a value in quotation marks.
    fn text(&mut self) {
        let end = end_of_text(self.rest);
        let token = &self.rest[..end];
        if self.name.is_none() && is_name(&self.rest[end..]) {
            // One that cannot be read may be a secret's.
            self.name = Some(unescaped(token).unwrap_or(Cow::Borrowed(UNREADABLE)));
            self.copy(end);
            return;
        }
        if self.is_secret_next() {
            let is_empty = token == "\"\"";
            self.shown.push_str(if is_empty { token } else { QUOTED_MASK });
        } else {
            let shown = self.masked_value(token);
            self.shown.push_str(&shown);
        }
        self.name = None;
        self.rest = &self.rest[end..];
    }

    /// A text's value, which may be JSON or an address itself.
    fn masked_value(&mut self, token: &'t str) -> Cow<'t, str> {
        let name = self.name.as_deref().filter(|name| is_wanted(name));
        let is_nested = token.contains('{') || token.contains('[');
        if name.is_none() && !is_nested && !pairs::has_pairs(token) && !token.contains("\\u") {
            return Cow::Borrowed(token);
        }
        let Some(value) = unescaped(token) else { return Cow::Borrowed(QUOTED_MASK) };
        if let Some(name) = name {
            self.members.add(name, &value);
        }
        let is_json = value.trim_start().starts_with(['{', '[', '"']);
        let shown = match is_json || value.contains('{') || pairs::has_pairs(&value) {
            false => return Cow::Borrowed(token),
            // Nobody nests this deep to be read.
            true if self.depth >= DEEPEST => MASK.to_owned(),
            true if is_json => masked(&value, self.members, self.depth + 1),
            true => pairs::masked(&value, self.members, self.depth + 1, masked),
        };
        if shown == *value {
            return Cow::Borrowed(token);
        }
        Cow::Owned(serde_json::Value::String(shown).to_string())
    }

    /// A container begins.
    fn begin(&mut self) {
        if self.is_secret_next() {
            self.shown.push_str(QUOTED_MASK);
            self.name = None;
            self.rest = &self.rest[end_of_container(self.rest)..];
            return;
        }
        let inherits = self.open.last() == Some(&true);
        let is_custom = self.name.take().map_or(inherits, |name| name == CUSTOM_FIELD);
        if self.open.len() < MOST_OPEN {
            self.open.push(is_custom);
        }
        self.copy(1);
    }

    /// A number, a word, or what stands without its quotation marks.
    fn bare(&mut self) {
        let end = self.rest.find([',', '}', ']', ':', '{', '[', '"', '\n']);
        let end = end.unwrap_or(self.rest.len()).max(1);
        let token = self.rest[..end].trim_matches([' ', '\'', '\r', '\t']);
        if self.name.is_none() && is_name(&self.rest[end..]) {
            self.name = Some(Cow::Borrowed(token));
            self.copy(end);
            return;
        }
        if let Some(behind) = self.rest[end..].strip_prefix('"').filter(|rest| is_name(rest)) {
            // A quotation mark too many stood before it: it is a name all the same.
            self.name = Some(Cow::Borrowed(token));
            self.copy(self.rest.len() - behind.len());
            return;
        }
        if self.is_secret_next() {
            let end = self.rest.find([',', '}', ']', '\n']).unwrap_or(self.rest.len()).max(end);
            self.shown.push_str(QUOTED_MASK);
            self.rest = &self.rest[end..];
        } else {
            if let Some(name) = &self.name {
                self.members.add(name, token);
            }
            self.copy(end);
        }
        self.name = None;
    }
}

/// Stands for a name that cannot be read: that of a secret.
const UNREADABLE: &str = "secret";
/// The mask as a text.
const QUOTED_MASK: &str = "\"***\"";

/// Whether a colon follows.
fn is_name(rest: &str) -> bool {
    rest.trim_start().starts_with(':')
}

/// Behind the quotation mark that ends the text at the beginning; the whole, if it was cut off.
fn end_of_text(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Behind the bracket that ends the container at the beginning; the whole, if it was cut off.
fn end_of_container(text: &str) -> usize {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(&byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                at += end_of_text(&text[at..]);
                continue;
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if open == 0 {
            return at;
        }
    }
    text.len()
}

/// The text within quotation marks; if it was cut off, up to there. None: it cannot be read.
fn unescaped(token: &str) -> Option<Cow<'_, str>> {
    let within = token.strip_prefix('"').unwrap_or(token);
    let within = within.strip_suffix('"').unwrap_or(within);
    if !within.contains('\\') {
        return Some(Cow::Borrowed(within));
    }
    let read = |text: &str| serde_json::from_str::<String>(text).ok().map(Cow::Owned);
    let closed = |text: &str| read(&format!("{text}\""));
    // The cut may have gone through an escape, or through the second of a pair of them.
    let before = |text: &str| text.rfind('\\').map(|at| text[..at].to_owned());
    read(token).or_else(|| closed(token)).or_else(|| {
        let shorter = before(token)?;
        closed(&shorter).or_else(|| closed(&before(&shorter)?))
    })
}

#[cfg(test)]
mod tests {
    use super::{MASK, QUOTED_MASK};

    #[test]
    fn the_mask_in_quotation_marks_is_the_mask() {
        assert_eq!(QUOTED_MASK, format!("\"{MASK}\""));
    }
}
