//! `kaipiao jobs`: what a running server still has to do, and what it could not do.

use crate::admin_client::{self, AdminClient};
use crate::compose::ComposeError;
use crate::settings::Settings;
use serde_json::Value;
use std::fmt::Write;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct JobsAsk {
    /// The server's address; None: where the settings listen.
    pub server: Option<String>,
    /// Only this queue's.
    pub queue: Option<String>,
    /// Only this account's.
    pub appid: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Behind this job.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// Run this one again first.
    pub run: Option<i64>,
    /// As the server says it, in JSON.
    pub json: bool,
}

/// Asks, and returns the text to print.
pub fn run(settings: &Settings, ask: &JobsAsk) -> Result<String, ComposeError> {
    let client = AdminClient::new(settings, ask.server.as_deref())?;
    if let Some(id) = ask.run {
        client.post(&format!("jobs/{id}/run"))?;
    }
    let limit = ask.limit.to_string();
    let text = client.get(
        "jobs",
        &[
            ("queue", ask.queue.as_deref()),
            ("appid", ask.appid.as_deref()),
            ("state", ask.state.as_deref()),
            ("after", ask.after.as_deref()),
            ("limit", Some(&limit)),
        ],
    )?;
    if ask.json {
        return Ok(text);
    }
    let mut shown = ask.run.map_or_else(String::new, |id| format!("{id} is run again\n"));
    shown += &for_people(&admin_client::parse(&text)?);
    Ok(shown)
}

/// A line a job, and one for what went wrong.
fn for_people(listing: &Value) -> String {
    let mut text = String::new();
    let jobs = listing["jobs"].as_array().map_or(&[][..], Vec::as_slice);
    for job in jobs {
        let of = |name: &str| job[name].as_str().unwrap_or("").to_owned();
        let (id, queue, appid) = (&job["id"], of("queue"), of("appid"));
        let (name, state, says) = (of("name"), of("state"), of("says"));
        let _ = writeln!(text, "{id}  {queue}  {appid}  {name}  {state}: {says}");
        let last_error = of("last_error");
        if !last_error.is_empty() {
            let _ = writeln!(text, "    {last_error}");
        }
    }
    if jobs.is_empty() {
        text.push_str("no jobs\n");
    }
    if let Some(next) = listing["next"].as_str() {
        let _ = writeln!(text, "there is more: --after {next}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_read_a_line_a_job_and_what_went_wrong() {
        assert_eq!(for_people(&json!({"jobs": []})), "no jobs\n");
        let listing = json!({
            "jobs": [
                {"id": 7, "queue": "issue", "appid": "wx1", "name": "issue/A1", "state": "failed",
                 "says": "was set aside after try 9", "last_error": "unreadable"},
                {"id": 5, "queue": "issue", "appid": "wx1", "name": "issue/A0", "state": "due",
                 "says": "is due (try 1)", "last_error": ""},
            ],
            "next": "5",
        });
        assert_eq!(
            for_people(&listing),
            "7  issue  wx1  issue/A1  failed: was set aside after try 9\n\
             \x20   unreadable\n\
             5  issue  wx1  issue/A0  due: is due (try 1)\n\
             there is more: --after 5\n"
        );
    }
}
