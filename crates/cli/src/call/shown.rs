//! JSON as people read it: in its own order, indented, coloured on a terminal.

const KEY: &str = "\x1b[36m";
const TEXT: &str = "\x1b[32m";
const OTHER: &str = "\x1b[33m";
const END: &str = "\x1b[0m";

/// Writes valid JSON again with a line for each member. Numbers and texts stay as they were written.
pub(super) fn pretty(json: &str, is_coloured: bool) -> String {
    let mut shown = Shown { text: String::with_capacity(json.len() * 2), depth: 0, is_coloured };
    let mut rest = json.trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => end_of_text(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ if first.is_whitespace() => first.len_utf8(),
            _ => rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        shown.add(token, first, rest.trim_start());
    }
    shown.text
}

/// Where the text that begins here ends.
fn end_of_text(rest: &str) -> usize {
    let mut is_escaped = false;
    let end = rest.bytes().enumerate().skip(1).find(|(_, byte)| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

struct Shown {
    text: String,
    depth: usize,
    is_coloured: bool,
}

impl Shown {
    fn add(&mut self, token: &str, first: char, behind: &str) {
        match first {
            '{' | '[' => {
                self.text.push(first);
                self.depth += 1;
                if !behind.starts_with(['}', ']']) {
                    self.line();
                }
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if !self.text.ends_with(['{', '[']) {
                    self.line();
                }
                self.text.push(first);
            }
            ',' => {
                self.text.push(',');
                self.line();
            }
            ':' => self.text.push_str(": "),
            '"' if behind.starts_with(':') => self.coloured(token, KEY),
            '"' => self.coloured(token, TEXT),
            _ if first.is_whitespace() => {}
            _ => self.coloured(token, OTHER),
        }
    }

    fn coloured(&mut self, token: &str, colour: &str) {
        if self.is_coloured {
            self.text.extend([colour, token, END]);
        } else {
            self.text.push_str(token);
        }
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_their_digits() {
        let json =
            r#" {"errcode":0,"a":{"z":[1.50,"x, \"y\": {"],"empty":{},"none":[]} , "n":null} "#;
        let expected = "{\n  \"errcode\": 0,\n  \"a\": {\n    \"z\": [\n      1.50,\n      \"x, \\\"y\\\": {\"\n    ],\n    \
                        \"empty\": {},\n    \"none\": []\n  },\n  \"n\": null\n}";
        assert_eq!(pretty(json, false), expected);
        assert_eq!(pretty("\"a\\\\\"", false), "\"a\\\\\"");
    }

    #[test]
    fn colours_are_for_terminals() {
        let coloured = pretty("{\"a\":\"b\",\"n\":1}", true);
        assert!(coloured.contains("\x1b[36m\"a\"\x1b[0m: \x1b[32m\"b\"\x1b[0m"), "{coloured}");
        assert!(!pretty("{\"a\":1}", false).contains('\x1b'));
    }

    #[test]
    fn nothing_that_is_read_makes_it_panic() {
        for text in ["", "\"", "\"\\", "{", "]", "中", "{\"中\":中", "\u{a0}1"] {
            let _ = pretty(text, true);
        }
    }
}
