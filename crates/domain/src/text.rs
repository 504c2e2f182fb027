//! Text with limits: every text that a caller chooses is counted before it is kept.

use crate::Refusal;
use core::fmt::Display;

/// Checks a required text: present, at most `max_chars` characters, no control characters
/// (XML cannot carry them, and the order number travels in a push).
pub fn required(field: impl Display, text: &str, max_chars: usize) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::invalid(field, "is empty"));
    }
    limited(field, text, max_chars)
}

/// Checks an optional text: the same limits, and it may be empty.
pub fn limited(field: impl Display, text: &str, max_chars: usize) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > max_chars {
        let problem = format!("has {chars} characters, at most {max_chars} are allowed");
        return Err(Refusal::invalid(field, problem));
    }
    if text.chars().any(is_forbidden) {
        return Err(Refusal::invalid(field, "holds a control character"));
    }
    Ok(())
}

/// A caller's text as a complaint quotes it: at most 64 characters, on one line.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// Checks a link that a person may be sent to: empty, or http/https with a host, at most
/// 2,048 characters (D-05, D-11).
pub fn web_link(field: impl Display, url: &str) -> Result<(), Refusal> {
    limited(&field, url, 2048)?;
    if let Some(index) = url.chars().position(char::is_whitespace) {
        let problem = format!("holds a blank or line end at character {}, write %20", index + 1);
        return Err(Refusal::invalid(field, problem));
    }
    let lower = url.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host_is_named = |rest: &str| !rest.is_empty() && !rest.starts_with(['/', '?', '#']);
    if !rest.is_some_and(host_is_named) {
        return Err(Refusal::invalid(field, "must be a http:// or https:// address"));
    }
    Ok(())
}

/// Checks that a link carries no `user:password@`: it would be shown, and kept in clear.
pub fn without_user_name(field: impl Display, url: &str) -> Result<(), Refusal> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.contains('@') {
        return Err(Refusal::invalid(field, "must not hold a user name or password"));
    }
    Ok(())
}

fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(required("reason", &"发".repeat(256), 256).is_ok());
        let refusal = required("reason", &"发".repeat(257), 256).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "invalid params, reason has 257 characters, at most 256 are allowed"
        );
    }

    #[test]
    fn a_quote_is_short_and_stays_on_its_line() {
        assert_eq!(quoted("中\n\"x"), "\"中\\n\\\"x\"");
        assert_eq!(quoted(&"x".repeat(100)).chars().count(), 67);
    }

    #[test]
    fn only_web_links_pass() {
        for good in ["https://mp.weixin.qq.com", "HTTP://xxx.com/a?b=c#d"] {
            assert!(web_link("url", good).is_ok(), "{good}");
        }
        for bad in ["javascript:alert(1)", "https://", "http:///x", "//evil.example", "http://a b"]
        {
            assert!(web_link("url", bad).is_err(), "{bad}");
        }
        assert_eq!(
            web_link("url", "https://h/a b").unwrap_err().detail,
            "url holds a blank or line end at character 12, write %20"
        );
        assert!(without_user_name("url", "http://u:p@h/").is_err());
        assert!(without_user_name("url", "http://h/a@b?c=@").is_ok());
    }
}
