//! `kaipiao pushes`: the pushes of a running server and what became of each.

use crate::compose::ComposeError;
use crate::listing::{Again, PageAsk};
use crate::settings::Settings;
use clap::Args;
use serde_json::Value;
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
}

/// Asks, and returns the text to print.
pub fn run(settings: &Settings, ask: &PushesAsk) -> Result<String, ComposeError> {
    let again = ask.replay.as_ref().map(|id| Again {
        path: format!("pushes/{id}/replay"),
        said: format!("{id} is sent again"),
    });
    let filters = [("order_id", ask.order_id.as_deref()), ("state", ask.state.as_deref())];
    ask.page.run(settings, again, "pushes", &filters, for_people)
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
    use serde_json::json;

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
