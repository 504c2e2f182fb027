//! `kaipiao logs`: what a running server was asked and has answered.

use crate::admin_client::{self, AdminClient};
use crate::call::several;
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::terminal::{harmless, harmless_json, harmless_lines};
use clap::Args;
use core::time::Duration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kaipiao_app::route_names::{self, NoRoute};
use kaipiao_http::ROUTES;
use serde_json::Value;
use std::io;

/// The command's options.
#[derive(Clone, Debug, Args)]
pub struct LogsAsk {
    /// The server's address [default: where the settings listen]
    #[arg(long)]
    server: Option<String>,
    /// Only this account's: an appid or a mchid.
    #[arg(long)]
    appid: Option<String>,
    /// Only this route's: its path, or the end of it, such as getauthurl.
    #[arg(long)]
    route: Option<String>,
    /// Only those answered with this code.
    #[arg(long)]
    errcode: Option<String>,
    /// Only those that name this order.
    #[arg(long)]
    order_id: Option<String>,
    /// Only the request of this rid, with its bodies.
    #[arg(long)]
    rid: Option<String>,
    /// Go on with new ones until it is stopped.
    #[arg(long, short, conflicts_with = "rid")]
    follow: bool,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Print a JSON object a line.
    #[arg(long)]
    json: bool,
}

/// How often a server is asked for what is new.
const PAUSE: Duration = Duration::from_millis(500);
/// Pages that are gone back for what is new, at most: so many requests within a pause are more than anybody reads.
const MOST_PAGES: usize = 10;

/// What was found behind a place.
struct Newer {
    /// Oldest first.
    entries: Vec<Value>,
    /// Requests that the server has left out since its start.
    dropped: u64,
}

/// Asks, and prints oldest first; with `--follow` until it is stopped, or nobody reads it any more: what `print` says by
/// an error.
pub fn run(
    settings: &Settings,
    ask: &LogsAsk,
    print: impl Fn(&str) -> io::Result<()>,
) -> Result<(), ComposeError> {
    let client = AdminClient::new(settings, ask.server.as_deref())?;
    if let Some(pasted) = &ask.rid {
        let text = client.get(&format!("requests/{}", rid(pasted)?), &[])?;
        let shown = match ask.json {
            true => harmless_json(text.trim_end()),
            false => whole(&admin_client::parse(&text)?),
        };
        let _ = print(&shown);
        return Ok(());
    }
    let route = ask.route.as_deref().map(path_of).transpose()?;
    let mut shown = Shown { ask, print, newest: 0, day: None, dropped: 0 };
    let (mut limit, mut pages) = (ask.limit, 1);
    let mut is_failing = false;
    loop {
        match ask.newer(&client, route.as_deref(), shown.newest, limit, pages) {
            Ok(newer) => {
                is_failing = false;
                (limit, pages) = (1000, MOST_PAGES);
                if shown.show(newer).is_err() {
                    return Ok(());
                }
            }
            // One that is not there yet is waited for, as one that goes meanwhile; one that says no would say it again.
            Err(error) if !ask.follow || pages == 1 && !is_silence(&error) => return Err(error),
            Err(error) => {
                if !core::mem::replace(&mut is_failing, true) {
                    say(&format!("{error}; it is asked again until it answers"));
                }
            }
        }
        if !ask.follow {
            return Ok(());
        }
        // Real time: somebody watches.
        std::thread::park_timeout(PAUSE);
    }
}

/// Whether nobody has answered.
const fn is_silence(error: &ComposeError) -> bool {
    matches!(error, ComposeError::NoAnswer(_))
}

/// What was printed so far.
struct Shown<'a, Print> {
    ask: &'a LogsAsk,
    print: Print,
    /// The place of the newest request.
    newest: i64,
    /// The day of the newest request, for people.
    day: Option<Date>,
    /// Requests that the server had left out.
    dropped: u64,
}

impl<Print: Fn(&str) -> io::Result<()>> Shown<'_, Print> {
    /// Prints requests, for people a line of its own before the first one of a day. An error: nobody reads it.
    fn show(&mut self, newer: Newer) -> io::Result<()> {
        for entry in newer.entries {
            self.newest = place(&entry);
            if self.ask.json {
                (self.print)(&harmless_json(&entry.to_string()))?;
                continue;
            }
            let day = day(at_ms(&entry));
            if self.day.replace(day) != Some(day) {
                (self.print)(&format!("{day} (UTC)"))?;
            }
            (self.print)(&line(&entry))?;
        }
        if newer.dropped > self.dropped {
            say(&format!("the log lacks {} requests since the server's start", newer.dropped));
        }
        // Less than before: the server has started anew.
        self.dropped = newer.dropped;
        Ok(())
    }
}

/// What people are told beside the requests.
#[expect(clippy::print_stderr, reason = "what people are told beside the output")]
fn say(text: &str) {
    eprintln!("{}", harmless(text));
}

/// The rid in what was pasted: a whole errmsg has it at the end.
fn rid(pasted: &str) -> Result<&str, ComposeError> {
    let rid = pasted.split_whitespace().next_back().unwrap_or("");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match !rid.is_empty() && rid.chars().all(is_part) {
        true => Ok(rid),
        false => {
            let text = format!("--rid wants a rid, or an errmsg that ends in one, not {pasted:?}");
            Err(ComposeError::Asking(text))
        }
    }
}

impl LogsAsk {
    /// The requests behind a place.
    fn newer(
        &self,
        client: &AdminClient,
        route: Option<&str>,
        newest: i64,
        limit: usize,
        pages: usize,
    ) -> Result<Newer, ComposeError> {
        let limit = limit.to_string();
        let (mut found, mut after, mut dropped) = (Vec::new(), None::<String>, 0);
        for _ in 0..pages {
            let text = client.get(
                "requests",
                &[
                    ("appid", self.appid.as_deref()),
                    ("route", route),
                    ("errcode", self.errcode.as_deref()),
                    ("order_id", self.order_id.as_deref()),
                    ("after", after.as_deref()),
                    ("limit", Some(&*limit)),
                ],
            )?;
            let page = admin_client::parse(&text)?;
            dropped = page["dropped"].as_u64().unwrap_or(0);
            let entries = page["requests"].as_array().map_or(&[][..], Vec::as_slice);
            let new: Vec<_> = entries.iter().filter(|it| place(it) > newest).cloned().collect();
            let is_end = new.len() < entries.len();
            found.extend(new);
            after = page["next"].as_str().map(str::to_owned);
            let is_known = |next: &str| next.parse::<i64>().is_ok_and(|next| next <= newest);
            if is_end || after.as_deref().is_none_or(is_known) {
                break;
            }
        }
        found.reverse();
        Ok(Newer { entries: found, dropped })
    }
}

/// The route that is meant, by the rule of `kaipiao call`. A path that is none is asked for as it stands.
fn path_of(named: &str) -> Result<String, ComposeError> {
    let pages = kaipiao_pages::paths();
    let paths = ROUTES.iter().map(|route| route.path).chain(pages.iter().map(String::as_str));
    if named.starts_with('/') {
        return Ok(route_names::meant(paths, named));
    }
    let found = route_names::ending_in(paths, named);
    found.map(str::to_owned).map_err(|why| {
        ComposeError::Asking(match why {
            NoRoute::Several(paths) => format!("--route {}", several(named, &paths)),
            NoRoute::Unknown => format!("--route wants a path or the end of one, not {named:?}"),
        })
    })
}

fn place(entry: &Value) -> i64 {
    entry["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0)
}

/// A line for a request.
fn line(entry: &Value) -> String {
    let of = |name: &str| entry[name].as_str().unwrap_or("");
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let route = if of("route").is_empty() { of("path") } else { of("route") };
    let orders: Vec<_> =
        entry["order_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let at = time_of_day(at_ms(entry));
    let line = format!(
        "{at}  {:>3}  {:>6}  {:>7.1} ms  {}  {} {route}  {}  rid {}",
        entry["status"],
        or_dash(of("errcode")),
        entry["took_us"].as_f64().unwrap_or(0.0) / 1000.0,
        or_dash(of("appid")),
        of("method"),
        or_dash(&orders.join(",")),
        of("rid"),
    );
    harmless(&line)
}

fn at_ms(entry: &Value) -> i64 {
    entry["at_ms"].as_i64().unwrap_or(0)
}

/// The day in UTC.
fn day(at_ms: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    TimeZone::UTC.to_datetime(at).date()
}

/// The time of day in UTC.
fn time_of_day(at_ms: i64) -> String {
    let ms = at_ms.rem_euclid(86_400_000);
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}Z", s / 3600, s / 60 % 60, s % 60)
}

/// A request with what was compared and its bodies.
fn whole(entry: &Value) -> String {
    let mut text = format!("{} {}\n", day(at_ms(entry)), line(entry));
    text += &format!(
        "{} {}\n",
        harmless(entry["method"].as_str().unwrap_or("")),
        harmless(entry["path"].as_str().unwrap_or(""))
    );
    for one in entry["compared"].as_array().into_iter().flatten() {
        let of = |name: &str| harmless(one[name].as_str().unwrap_or(""));
        let mark = if one["differs"] == Value::Bool(true) { "differs" } else { "matches" };
        text +=
            &format!("  {} {mark}: expected {}, came {}\n", of("name"), of("expected"), of("came"));
    }
    for (name, title) in [("request_body", "request"), ("answer_body", "answer")] {
        let body = entry[name].as_str().unwrap_or("(no text)");
        if !body.is_empty() {
            text += &format!("{title}:\n{}\n", harmless_lines(body));
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use core::cell::RefCell;
    use serde_json::json;

    #[derive(Parser)]
    struct Logs {
        #[command(flatten)]
        ask: LogsAsk,
    }

    #[test]
    fn the_last_word_of_what_is_pasted_is_the_rid() {
        assert_eq!(rid("a-b-c").unwrap(), "a-b-c");
        assert_eq!(rid("invalid credential rid: a-b-c\n").unwrap(), "a-b-c");
        for wrong in ["", " ", "../accounts", "a?b"] {
            assert!(rid(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_has_a_line_of_its_own_where_it_begins_and_nothing_is_printed_to_nobody() {
        let ask = Logs::parse_from(["logs"]).ask;
        let printed = RefCell::new(Vec::new());
        let print = |line: &str| {
            printed.borrow_mut().push(line.to_owned());
            if printed.borrow().len() < 6 { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        };
        let mut shown = Shown { ask: &ask, print, newest: 0, day: None, dropped: 0 };
        let newer = |at: &[i64]| {
            let entries = at.iter().map(|at_ms| json!({"id": "7", "at_ms": at_ms}));
            Newer { entries: entries.collect(), dropped: 0 }
        };
        let midnight = 1_767_225_600_000;
        shown.show(newer(&[midnight - 2, midnight - 1])).unwrap();
        shown.show(newer(&[midnight])).unwrap();
        shown.show(newer(&[midnight + 1, midnight + 2])).unwrap_err();
        let printed = printed.borrow();
        let begins: Vec<_> = printed.iter().map(|line| &line[..12]).collect();
        assert_eq!(
            begins,
            [
                "2025-12-31 (",
                "23:59:59.998",
                "23:59:59.999",
                "2026-01-01 (",
                "00:00:00.000",
                "00:00:00.001"
            ]
        );
    }

    #[test]
    fn people_read_a_line_a_request_and_all_of_one() {
        let entry = json!({
            "id": "5", "rid": "a-b-c", "at_ms": 45_296_789, "took_us": 1500, "appid": "wx1", "method": "POST",
            "route": "/card/invoice/rejectinsert", "path": "/card/invoice/rejectinsert?access_token=***",
            "status": 200, "errcode": "72038", "order_ids": ["7"], "request_body": "{}", "answer_body": null,
            "compared": [{"name": "s_pappid", "expected": "x", "came": "y", "differs": true}],
        });
        let shown = "12:34:56.789Z  200   72038      1.5 ms  wx1  POST /card/invoice/rejectinsert  7  rid a-b-c";
        assert_eq!(line(&entry), shown);
        assert!(whole(&entry).starts_with(&format!("1970-01-01 {shown}\n")));
        let hostile = json!({
            "route": "/a\x1b[2J", "method": "A\u{9b}", "path": "/\x07", "request_body": "a\n\x1b[2J",
        });
        assert!(!whole(&hostile).contains(['\x1b', '\x07', '\u{9b}']), "{}", whole(&hostile));
        let all = whole(&entry);
        assert!(all.contains("s_pappid differs: expected x, came y"), "{all}");
        assert!(all.ends_with("request:\n{}\nanswer:\n(no text)"), "{all}");
    }
}
