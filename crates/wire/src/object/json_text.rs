//! The text of a body or of a member as JSON: how much of it is read, what is forgiven, and what a
//! complaint says of the rest.

use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use serde_json::Value;

/// Values of a body: twice those of the longest invoice.
const MAX_VALUES: usize = 65_536;
/// Closing brackets that a complaint shows.
const MAX_SHOWN: usize = 16;

/// Counts what separates values before any is made: each one costs many times its bytes.
pub(super) fn check_size(text: &str) -> Result<(), Refusal> {
    if text.len() <= MAX_VALUES {
        return Ok(());
    }
    let values = text.bytes().filter(|byte| matches!(byte, b',' | b'{' | b'[')).count();
    if values > MAX_VALUES {
        return Err(not_json(format!("it holds more than {MAX_VALUES} values")));
    }
    Ok(())
}

/// Strict first; only a text that fails is read again without its trailing commas, and what is
/// still wrong then is what is wrong with it.
pub(super) fn read_json(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).or_else(|_| {
        let lenient = without_trailing_commas(text);
        serde_json::from_str(&lenient).map_err(|error| {
            let missing = if error.is_eof() { missing_end(&lenient) } else { None };
            not_json(missing.unwrap_or_else(|| error.to_string()))
        })
    })
}

/// What a text that ends too early still lacks, and where that began.
fn missing_end(text: &str) -> Option<String> {
    let (mut open, mut string, mut escaped) = (Vec::new(), None, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string.is_some() => escaped = true,
            b'"' if string.is_some() => string = None,
            b'"' => string = Some(index),
            _ if string.is_some() => {}
            b'{' => open.push((index, '}')),
            b'[' => open.push((index, ']')),
            b'}' | b']' => _ = open.pop(),
            _ => {}
        }
    }
    let end = place(text, text.trim_end().len());
    if let Some(began) = string {
        let began = place(text, began);
        return Some(format!("the \" of {began} is never closed, the body ends at {end}"));
    }
    let (began, _) = *open.last()?;
    let opening = char::from(text.as_bytes()[began]);
    let is_open = format!("the {opening} of {} is open", place(text, began));
    let closing: String = open.iter().rev().take(MAX_SHOWN).map(|(_, closing)| closing).collect();
    Some(match unfinished_value(text, opening) {
        None => format!("\"{closing}\" is missing at its end, {end}: {is_open}"),
        Some(seen) => format!("{seen} at its end, {end}, and \"{closing}\" is missing: {is_open}"),
    })
}

/// What is the matter with the last value of a text that ends too early, within what `opening` opened.
fn unfinished_value(text: &str, opening: char) -> Option<&'static str> {
    let text = text.trim_end();
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
    let word = &text[text.trim_end_matches(is_of_word).len()..];
    if text.ends_with(':') {
        return Some("a value is missing");
    }
    if opening == '{' && text.ends_with('"') && is_name(text) {
        return Some("\":\" and a value are missing");
    }
    let is_cut = !word.is_empty() && serde_json::from_str::<Value>(word).is_err();
    is_cut.then_some("a value is cut off")
}

/// Whether the text that ends here stands where a member's name does.
fn is_name(text: &str) -> bool {
    let is_escaped = |quote: usize| {
        text[..quote].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
    };
    let quotes = text.match_indices('"').map(|(index, _)| index);
    let began = quotes.filter(|quote| !is_escaped(*quote)).rev().nth(1);
    began.is_some_and(|began| text[..began].trim_end().ends_with(['{', ',']))
}

/// Line and column of a byte, counted from 1 as the reader's own complaints are.
fn place(text: &str, index: usize) -> String {
    let before = &text.as_bytes()[..index];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    format!("line {line} column {column}")
}

/// Turns a comma that stands before `}` or `]` into a blank (wire_facts 6.4: the contract's own
/// samples have them).
fn without_trailing_commas(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut in_string, mut escaped, mut comma) = (false, false, None);
    for index in 0..bytes.len() {
        match bytes[index] {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => (in_string, comma) = (!in_string, None),
            _ if in_string => {}
            b',' => comma = Some(index),
            b'}' | b']' => {
                if let Some(trailing) = comma.take() {
                    bytes[trailing] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
    }
    String::from_utf8(bytes).expect("only ASCII commas were replaced by ASCII blanks")
}

pub(super) fn not_json(why: String) -> Refusal {
    Refusal::new(
        ErrorCode::DataFormatError,
        format!("the body is not the JSON that is expected: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_at_the_end_is_named() {
        for (body, seen) in [
            (
                "{\"contact\":{\"phone\":\"1\",\"time_out\":2,}\n",
                "\"}\" is missing at its end, line 1 column 39: the { of line 1 column 1 is open",
            ),
            (
                "{\"a\":[{\"b\":1}",
                "\"]}\" is missing at its end, line 1 column 14: the [ of line 1 column 6 is open",
            ),
            (
                "{\n\"a\":\"b}",
                "the \" of line 2 column 5 is never closed, the body ends at line 2 column 8",
            ),
            (
                "{\"a\":",
                "a value is missing at its end, line 1 column 6, and \"}\" is missing: the { of line 1 column 1 is open",
            ),
            (
                "{\"a\":1, \"a\\\"\\\\\" ",
                "\":\" and a value are missing at its end, line 1 column 16, and \"}\" is missing: the { of line 1 column 1 is open",
            ),
            (
                "{\"a\":[tru",
                "a value is cut off at its end, line 1 column 10, and \"]}\" is missing: the [ of line 1 column 6 is open",
            ),
            (
                "{\"a\":-",
                "a value is cut off at its end, line 1 column 7, and \"}\" is missing: the { of line 1 column 1 is open",
            ),
            (
                "{\"a\":\"b\"",
                "expected: \"}\" is missing at its end, line 1 column 9: the { of line 1 column 1 is open",
            ),
            (
                "[\"a\",\"b\"",
                "expected: \"]\" is missing at its end, line 1 column 9: the [ of line 1 column 1 is open",
            ),
            (
                "{\"a\":1",
                "expected: \"}\" is missing at its end, line 1 column 7: the { of line 1 column 1 is open",
            ),
        ] {
            let refusal = read_json(body).unwrap_err();
            assert!(refusal.detail.ends_with(seen), "{body}: {}", refusal.detail);
        }
    }
}
