//! A push as it is printed: a block for people, a line of JSON for programs.

use crate::listener::forward::Answered;
use crate::terminal::harmless;
use kaipiao_domain::Timestamp;
use kaipiao_wire::payment::pay_time;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::Write as _;

/// The name of a payment's notice, which has none of its own.
pub(super) const PAYMENT_NOTICE: &str = "payment_notice";
/// The name of a refund's notice, which has none of its own.
pub(super) const REFUND_NOTICE: &str = "refund_notice";

/// A push in clear.
pub(super) struct Shown {
    /// How it came.
    pub(super) mode: &'static str,
    pub(super) members: Vec<(String, String)>,
    /// As it was written.
    pub(super) text: String,
}

/// Where a push was sent on to, and what came of it.
pub(super) struct Sent<'a> {
    pub(super) url: &'a str,
    pub(super) answered: &'a Result<Answered, String>,
}

impl Shown {
    fn of(&self, name: &str) -> &str {
        let found = self.members.iter().find(|(member, _)| member == name);
        found.map_or("", |(_, value)| value)
    }

    /// The event's name; notices of payments have none of their own.
    pub(super) fn event(&self) -> &str {
        match self.of("Event") {
            "" if !self.of("refund_id").is_empty() => REFUND_NOTICE,
            "" => PAYMENT_NOTICE,
            event => event,
        }
    }

    /// What it is about: an order, a request, a card or a payment, by the name that it has there.
    fn about(&self) -> Option<(&str, &str)> {
        let names = ["SuccOrderId", "FailOrderId", "fpqqlsh", "Code", "out_trade_no"];
        names.into_iter().map(|name| (name, self.of(name))).find(|(_, value)| !value.is_empty())
    }

    fn for_people(&self) -> String {
        let seconds = self.of("CreateTime").parse::<i64>().ok();
        // A time beyond the calendar's is shown as it came.
        let seconds = seconds.filter(|seconds| (0..=253_402_300_000).contains(seconds));
        let time = seconds.map(|seconds| {
            pay_time::write_with_signs(Timestamp::from_unix_millis(seconds * 1000)) + "  "
        });
        let mut text = format!("{}{}", time.unwrap_or_default(), harmless(self.event()));
        if let Some((name, value)) = self.about() {
            let _ = write!(text, "  {name} {}", harmless(value));
        }
        let _ = writeln!(text, "  ({})", self.mode);
        let width = self.members.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.members {
            let _ = writeln!(text, "    {name:width$}  {}", harmless(value));
        }
        text
    }

    fn json(&self) -> Map<String, Value> {
        let fields: Map<String, Value> =
            self.members.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let line = json!({
            "event": self.event(), "mode": self.mode, "fields": fields, "text": self.text,
        });
        match line {
            Value::Object(line) => line,
            _ => Map::new(),
        }
    }
}

/// Writes to the terminal, a push at a time.
pub(super) struct Printer {
    as_json: bool,
}

impl Printer {
    pub(super) fn new(as_json: bool) -> Self {
        Self { as_json }
    }

    /// What people are told; beside the output where programs read it.
    #[expect(clippy::print_stderr, reason = "what people are told beside the output")]
    pub(super) fn note(&self, text: &str) {
        if self.as_json {
            eprintln!("{text}");
        } else {
            print(&format!("{text}\n\n"));
        }
    }

    pub(super) fn push(&self, shown: &Shown, sent: Option<&Sent<'_>>) {
        if self.as_json {
            let mut line = shown.json();
            if let Some(Sent { url, answered }) = sent {
                let forwarded = match answered {
                    Ok(answered) => json!({
                        "url": url, "status": answered.status,
                        "body": String::from_utf8_lossy(&answered.body),
                    }),
                    Err(why) => json!({"url": url, "error": why}),
                };
                line.insert("forwarded".to_owned(), forwarded);
            }
            print(&format!("{}\n", Value::Object(line)));
            return;
        }
        let mut text = shown.for_people();
        if let Some(Sent { url, answered }) = sent {
            let _ = match answered {
                Ok(Answered { status, took_ms, .. }) => {
                    writeln!(text, "  → {url} answered {status} in {took_ms} ms")
                }
                Err(why) => writeln!(text, "  → {url}: {why}; the server was answered 502"),
            };
        }
        print(&(text + "\n"));
    }
}

/// In one write. Whoever reads it may have gone: the callback is put back all the same.
fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(members: &[(&str, &str)]) -> Shown {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let members = members.iter().map(owned).collect();
        Shown { mode: "safe", members, text: "<xml/>".to_owned() }
    }

    #[test]
    fn people_read_time_event_order_and_fields() {
        let push =
            shown(&[("CreateTime", "1767196800"), ("Event", "e"), ("SuccOrderId", "7\x1b[2J")]);
        assert_eq!(
            push.for_people(),
            "2026-01-01 00:00:00  e  SuccOrderId 7\\u{1b}[2J  (safe)\n    CreateTime   1767196800\n    \
             Event        e\n    SuccOrderId  7\\u{1b}[2J\n"
        );
    }

    #[test]
    fn a_time_that_no_calendar_has_is_shown_as_it_came() {
        for time in ["", "x", "-1", "99999999999999999"] {
            assert!(
                shown(&[("CreateTime", time), ("Event", "e")]).for_people().starts_with("e  (")
            );
        }
        assert_eq!(shown(&[("out_trade_no", "1")]).event(), "payment_notice");
        assert_eq!(shown(&[("refund_id", "x")]).event(), "refund_notice");
    }
}
