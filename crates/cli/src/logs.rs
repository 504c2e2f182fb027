//! `kaipiao logs`: what a running server was asked and has answered.

use crate::admin_client::{self, AdminClient};
use crate::call::several;
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::terminal::{harmless, harmless_json, harmless_lines};
use clap::Args;
use core::time::Duration;
use kaipiao_app::route_names::{self, NoRoute};
use kaipiao_http::ROUTES;
use serde_json::Value;

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

/// Asks, and prints oldest first; with `--follow` until it is stopped.
pub fn run(settings: &Settings, ask: &LogsAsk, print: impl Fn(&str)) -> Result<(), ComposeError> {
    let client = AdminClient::new(settings, ask.server.as_deref())?;
    if let Some(pasted) = &ask.rid {
        let text = client.get(&format!("requests/{}", rid(pasted)?), &[])?;
        let shown = match ask.json {
            true => harmless_json(text.trim_end()),
            false => whole(&admin_client::parse(&text)?),
        };
        print(&shown);
        return Ok(());
    }
    let (mut newest, mut dropped) = (0, 0);
    let mut show = |newer: Newer, newest: &mut i64| {
        for entry in newer.entries {
            *newest = ask.print(&entry, &print);
        }
        if newer.dropped > dropped {
            say(&format!("the log lacks {} requests since the server's start", newer.dropped));
        }
        // Less than before: the server has started anew.
        dropped = newer.dropped;
    };
    show(ask.newer(&client, newest, ask.limit, 1)?, &mut newest);
    if !ask.follow {
        return Ok(());
    }
    let mut is_failing = false;
    loop {
        // Real time: somebody watches.
        std::thread::park_timeout(PAUSE);
        match ask.newer(&client, newest, 1000, MOST_PAGES) {
            Ok(newer) => {
                is_failing = false;
                show(newer, &mut newest);
            }
            Err(error) => {
                if !core::mem::replace(&mut is_failing, true) {
                    say(&format!("{error}; it is asked again until it answers"));
                }
            }
        }
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
        newest: i64,
        limit: usize,
        pages: usize,
    ) -> Result<Newer, ComposeError> {
        let route = self.route.as_deref().map(path_of).transpose()?;
        let limit = limit.to_string();
        let (mut found, mut after, mut dropped) = (Vec::new(), None::<String>, 0);
        for _ in 0..pages {
            let text = client.get(
                "requests",
                &[
                    ("appid", self.appid.as_deref()),
                    ("route", route.as_deref()),
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

    /// Prints a request; its place.
    fn print(&self, entry: &Value, print: &impl Fn(&str)) -> i64 {
        print(&if self.json { harmless_json(&entry.to_string()) } else { line(entry) });
        place(entry)
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
    let at = entry["at_ms"].as_i64().unwrap_or(0);
    let at = time_of_day(at);
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

/// The time of day in UTC.
fn time_of_day(at_ms: i64) -> String {
    let ms = at_ms.rem_euclid(86_400_000);
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}Z", s / 3600, s / 60 % 60, s % 60)
}

/// A request with what was compared and its bodies.
fn whole(entry: &Value) -> String {
    let mut text = line(entry) + "\n";
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
    use serde_json::json;

    #[test]
    fn the_last_word_of_what_is_pasted_is_the_rid() {
        assert_eq!(rid("a-b-c").unwrap(), "a-b-c");
        assert_eq!(rid("invalid credential rid: a-b-c\n").unwrap(), "a-b-c");
        for wrong in ["", " ", "../accounts", "a?b"] {
            assert!(rid(wrong).is_err(), "{wrong}");
        }
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
        let hostile = json!({
            "route": "/a\x1b[2J", "method": "A\u{9b}", "path": "/\x07", "request_body": "a\n\x1b[2J",
        });
        assert!(!whole(&hostile).contains(['\x1b', '\x07', '\u{9b}']), "{}", whole(&hostile));
        let all = whole(&entry);
        assert!(all.contains("s_pappid differs: expected x, came y"), "{all}");
        assert!(all.ends_with("request:\n{}\nanswer:\n(no text)"), "{all}");
    }
}
