//! `kaipiao pushes`: the pushes of a running server and what became of each.

use crate::admin_client;
use crate::compose::ComposeError;
use crate::listing::{Again, PageAsk};
use crate::settings::Settings;
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write;

/// The command's options.
#[derive(Clone, Debug, Args)]
pub struct PushesAsk {
    #[command(flatten)]
    page: PageAsk,
    /// Only this order's.
    #[arg(long)]
    order_id: Option<String>,
    /// Only these: open, delivered, gave_up or unroutable.
    #[arg(long)]
    state: Option<String>,
    /// Send this push again first.
    #[arg(long, value_name = "ID")]
    replay: Option<String>,
    /// Send all again that have failed: of --appid, or without it of everybody.
    #[arg(long, requires = "since", conflicts_with_all = ["replay", "order_id", "state"])]
    replay_failed: bool,
    /// With --replay-failed: those that have failed in the last 30m, 1h or 7d, by the server's clock.
    #[arg(long, value_name = "SPAN", requires = "replay_failed", value_parser = span_ms)]
    since: Option<i64>,
}

/// Pushes that one call looks at.
const REPLAYED_AT_ONCE: u32 = 500;

/// Asks, and returns the text to print.
pub fn run(settings: &Settings, ask: &PushesAsk) -> Result<String, ComposeError> {
    if let Some(since_ms) = ask.since {
        return replay_failed(settings, ask, since_ms);
    }
    let again = ask.replay.as_ref().map(|id| Again {
        path: format!("pushes/{id}/replay"),
        said: format!("{id} is sent again"),
    });
    let filters = [("order_id", ask.order_id.as_deref()), ("state", ask.state.as_deref())];
    ask.page.run(settings, again, "pushes", &filters, for_people)
}

/// A span of time in milliseconds: a whole number of seconds, minutes, hours or days.
fn span_ms(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no span such as 90s, 30m, 1h or 7d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    Ok(i64::from(number) * unit_ms)
}

/// Sends again what has failed, page by page, and says how many that were.
fn replay_failed(
    settings: &Settings,
    ask: &PushesAsk,
    span_ms: i64,
) -> Result<String, ComposeError> {
    let client = ask.page.client(settings)?;
    let mut asked = json!({"span_ms": span_ms, "limit": REPLAYED_AT_ONCE});
    if let Some(appid) = ask.page.appid() {
        asked["appid"] = json!(appid);
    }
    let mut replayed = 0;
    loop {
        let answer = admin_client::parse(&client.send("POST", "pushes/replay", &asked)?)?;
        replayed += answer["replayed"].as_u64().unwrap_or(0);
        let Some(next) = answer["next"].as_str() else { break };
        asked["after"] = json!(next);
    }
    Ok(match ask.page.is_json() {
        true => format!("{}\n", json!({"replayed": replayed})),
        false => format!("pushes that are sent again: {replayed}\n"),
    })
}

/// A line for the push, and one for each of its attempts.
fn for_people(push: &Value) -> String {
    let of = |name: &str| push[name].as_str().unwrap_or("");
    let (id, event, order_id) = (of("id"), of("event"), of("order_id"));
    let mut text = format!("{id}  {event}  order {order_id}  {}: {}\n", of("state"), of("says"));
    for (number, attempt) in push["attempts"].as_array().into_iter().flatten().enumerate() {
        let status = attempt["status"]
            .as_u64()
            .map_or("no answer".to_owned(), |status| format!("status {status}"));
        let _ = writeln!(
            text,
            "    try {}: {status} after {} ms  {}  {:?}",
            number + 1,
            attempt["took_ms"],
            attempt["problem"].as_str().unwrap_or(""),
            attempt["excerpt"].as_str().unwrap_or("").chars().take(80).collect::<String>()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_line_a_push_and_a_line_an_attempt() {
        let push = json!({
            "id": "wx1-2", "event": "e", "order_id": "7", "state": "ready", "says": "will be tried",
            "attempts": [
                {"took_ms": 5, "status": 500, "problem": "bad", "excerpt": "oops\n"},
                {"took_ms": 9, "status": null, "problem": "reset", "excerpt": ""},
            ],
        });
        assert_eq!(
            for_people(&push),
            "wx1-2  e  order 7  ready: will be tried\n\
             \x20   try 1: status 500 after 5 ms  bad  \"oops\\n\"\n\
             \x20   try 2: no answer after 9 ms  reset  \"\"\n"
        );
    }
}
