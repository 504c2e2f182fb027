//! How moments, spans, amounts and lengths are written.

use crate::frame::Frame;
use kaipiao_domain::money::Fen;
use kaipiao_pages::china_moment;

/// A moment in China to the second.
pub(crate) fn moment(unix_ms: i64) -> String {
    china_moment(unix_ms.div_euclid(1000))
}

/// A moment's time of day to the millisecond.
pub(crate) fn clock_ms(unix_ms: i64) -> String {
    let moment = moment(unix_ms);
    let clock = moment.split_once(' ').map_or("", |(_, clock)| clock);
    format!("{clock}.{:03}", unix_ms.rem_euclid(1000))
}

/// A span as people say it: two units at most.
pub(crate) fn span(frame: &Frame, ms: i64) -> String {
    let t = |zh, en| frame.lang.t(zh, en);
    let s = ms / 1000;
    match ms {
        ..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} {}", s, ms % 1000 / 100, t("秒", "s")),
        60_000..3_600_000 => format!("{} {} {} {}", s / 60, t("分", "min"), s % 60, t("秒", "s")),
        3_600_000..172_800_000 => {
            format!("{} {} {} {}", s / 3600, t("小时", "h"), s % 3600 / 60, t("分", "min"))
        }
        _ => format!("{} {}", s / 86_400, t("天", "days")),
    }
}

/// An amount in yuan.
pub(crate) fn yuan(fen: i64) -> String {
    format!("¥{}", Fen::new(fen))
}

/// A length in bytes.
pub(crate) fn length(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// How long an answer took.
pub(crate) fn took(us: u64) -> String {
    match us {
        0..10_000 => format!("{}.{} ms", us / 1000, us % 1000 / 100),
        10_000..10_000_000 => format!("{} ms", us / 1000),
        _ => format!("{} s", us / 1_000_000),
    }
}

/// A body as people read it: JSON with a line for each member, whole or cut; anything else as it is.
pub(crate) fn readable(body: &str) -> String {
    if !body.starts_with(['{', '[']) || body.contains('\n') {
        return body.to_owned();
    }
    let mut read = String::with_capacity(body.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        if is_text {
            read.push(c);
            is_text = is_escaped || c != '"';
            is_escaped = !is_escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                read.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    read.push(end);
                } else {
                    depth += 1;
                    new_line(&mut read, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut read, depth);
                read.push(c);
            }
            ',' => {
                read.push(c);
                new_line(&mut read, depth);
            }
            ':' => read.push_str(": "),
            ' ' => {}
            c => {
                is_text = c == '"';
                read.push(c);
            }
        }
    }
    read
}

/// Deeper members than these are indented no further: a body of brackets stays a body.
const MOST_DEPTH: usize = 20;

fn new_line(read: &mut String, depth: usize) {
    read.push('\n');
    read.extend(core::iter::repeat_n("  ", depth.min(MOST_DEPTH)));
}

#[cfg(test)]
mod tests {
    use super::{clock_ms, length, readable, took};

    #[test]
    fn json_is_read_line_by_line_and_texts_stay_as_they_are() {
        assert_eq!(
            readable(r#"{"a":"x, {\"y\"}: z","b":[1,{}]}"#),
            "{\n  \"a\": \"x, {\\\"y\\\"}: z\",\n  \"b\": [\n    1,\n    {}\n  ]\n}"
        );
        assert_eq!(readable(r#"{"cut":"of"#), "{\n  \"cut\": \"of");
        assert_eq!(readable("<xml>{a,b}</xml>"), "<xml>{a,b}</xml>");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(clock_ms(1_767_196_800_007), "00:00:00.007");
        assert_eq!(length(1023), "1023 B");
        assert_eq!(length(1536), "1.5 KiB");
        assert_eq!(took(1_250), "1.2 ms");
        assert_eq!(took(12_345), "12 ms");
    }
}
