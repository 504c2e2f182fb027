//! `kaipiao pushes`: the pushes of a running server and what became of each. Asks the server's admin
//! API, since the server alone knows which are under way.

use crate::admin_client::{self, AdminClient};
use crate::compose::ComposeError;
use crate::settings::Settings;
use serde_json::Value;
use std::fmt::Write;

/// The command's options.
#[derive(Clone, Debug)]
pub struct PushesAsk {
    /// The server's address; None: where the settings listen.
    pub server: Option<String>,
    /// Only this receiver's.
    pub appid: Option<String>,
    /// Only this order's.
    pub order_id: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Behind this push.
    pub after: Option<String>,
    /// Pushes at most.
    pub limit: usize,
    /// Send this one again first.
    pub replay: Option<String>,
    /// As the server says it, in JSON.
    pub json: bool,
}

/// Asks, and returns the text to print.
pub fn run(settings: &Settings, ask: &PushesAsk) -> Result<String, ComposeError> {
    let client = AdminClient::new(settings, ask.server.as_deref())?;
    if let Some(id) = &ask.replay {
        client.post(&format!("pushes/{id}/replay"))?;
    }
    let limit = ask.limit.to_string();
    let text = client.get(
        "pushes",
        &[
            ("appid", ask.appid.as_deref()),
            ("order_id", ask.order_id.as_deref()),
            ("state", ask.state.as_deref()),
            ("after", ask.after.as_deref()),
            ("limit", Some(&limit)),
        ],
    )?;
    if ask.json {
        return Ok(text);
    }
    let listing = admin_client::parse(&text)?;
    let mut shown = for_people(&listing);
    if let Some(id) = &ask.replay {
        shown = format!("{id} is sent again\n{shown}");
    }
    if let Some(pushes) = listing["pushes"].as_array().filter(|pushes| pushes.len() == ask.limit)
        && let Some(last) = pushes.last().and_then(|push| push["id"].as_str())
    {
        let _ = writeln!(shown, "there may be more: --after {last}");
    }
    Ok(shown)
}

/// A line a push, and one for each of its attempts.
fn for_people(listing: &Value) -> String {
    let mut text = String::new();
    let pushes = listing["pushes"].as_array().map_or(&[][..], Vec::as_slice);
    for push in pushes {
        let of = |name: &str| push[name].as_str().unwrap_or("").to_owned();
        let _ = writeln!(
            text,
            "{}  {}  order {}  {}: {}",
            of("id"),
            of("event"),
            of("order_id"),
            of("state"),
            of("says")
        );
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
    }
    if pushes.is_empty() {
        text.push_str("no pushes\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_read_a_line_a_push_and_a_line_an_attempt() {
        assert_eq!(for_people(&json!({"pushes": []})), "no pushes\n");
        let listing = json!({"pushes": [{
            "id": "wx1-2", "event": "e", "order_id": "7", "state": "ready", "says": "will be tried",
            "attempts": [
                {"took_ms": 5, "status": 500, "problem": "bad", "excerpt": "oops\n"},
                {"took_ms": 9, "status": null, "problem": "reset", "excerpt": ""},
            ],
        }]});
        assert_eq!(
            for_people(&listing),
            "wx1-2  e  order 7  ready: will be tried\n\
             \x20   try 1: status 500 after 5 ms  bad  \"oops\\n\"\n\
             \x20   try 2: no answer after 9 ms  reset  \"\"\n"
        );
    }
}
