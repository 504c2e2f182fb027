//! Texts of others, as they may be written to a terminal.

/// Whatever was sent, the terminal is told no commands. A text stays on its line.
pub(crate) fn harmless(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_control() { shown.extend(c.escape_debug()) } else { shown.push(c) }
    }
    shown
}

/// The same of a text of several lines, which stay lines.
pub(crate) fn harmless_lines(text: &str) -> String {
    text.lines().map(harmless).collect::<Vec<_>>().join("\n")
}

/// The same of JSON on one line: what JSON itself allows as it is (DEL, and what lies behind it) is written as an escape.
pub(crate) fn harmless_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() {
            shown += &format!("\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_tells_the_terminal_a_command() {
        assert_eq!(harmless("a\x1b[2J\n中"), "a\\u{1b}[2J\\n中");
        assert_eq!(harmless_lines("a\r\nb\x07"), "a\nb\\u{7}");
        assert_eq!(harmless_json("{\"a\":\"\u{9b}2J中\"}"), "{\"a\":\"\\u009b2J中\"}");
    }
}
