//! `kaipiao jobs`: what a running server still has to do, and what it could not do.

use crate::compose::ComposeError;
use crate::listing::{Again, PageAsk};
use crate::settings::Settings;
use clap::Args;
use serde_json::Value;

/// The command's options.
#[derive(Clone, Debug, Args)]
pub struct JobsAsk {
    #[command(flatten)]
    page: PageAsk,
    /// Only this queue's: issue.
    #[arg(long)]
    queue: Option<String>,
    /// Only these: due or failed.
    #[arg(long)]
    state: Option<String>,
    /// Run this failed job again first.
    #[arg(long, value_name = "ID")]
    run: Option<i64>,
}

/// Asks, and returns the text to print.
pub fn run(settings: &Settings, ask: &JobsAsk) -> Result<String, ComposeError> {
    let again = ask
        .run
        .map(|id| Again { path: format!("jobs/{id}/run"), said: format!("{id} is run again") });
    let filters = [("queue", ask.queue.as_deref()), ("state", ask.state.as_deref())];
    ask.page.run(settings, again, "jobs", &filters, for_people)
}

/// A line for the job, and one for what went wrong.
fn for_people(job: &Value) -> String {
    let of = |name: &str| job[name].as_str().unwrap_or("");
    let (id, queue, appid, name) = (&job["id"], of("queue"), of("appid"), of("name"));
    let line = format!("{id}  {queue}  {appid}  {name}  {}: {}\n", of("state"), of("says"));
    match of("last_error") {
        "" => line,
        last_error => format!("{line}    {last_error}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_read_a_line_a_job_and_what_went_wrong() {
        let job = |last_error| {
            for_people(&json!({
                "id": 7, "queue": "issue", "appid": "wx1", "name": "issue/A1", "state": "failed",
                "says": "was set aside after try 9", "last_error": last_error,
            }))
        };
        let line = "7  issue  wx1  issue/A1  failed: was set aside after try 9\n";
        assert_eq!(job(""), line);
        assert_eq!(job("unreadable"), format!("{line}    unreadable\n"));
    }
}
