//! A page of a listing of a running server's, as `pushes` and `jobs` print it. The admin API is asked, since
//! the server alone knows what is under way.

use crate::admin_client::{self, AdminClient};
use crate::compose::ComposeError;
use crate::settings::Settings;
use clap::Args;
use serde_json::Value;
use std::fmt::Write;

/// Which page, and how it is printed.
#[derive(Clone, Debug, Args)]
pub struct PageAsk {
    /// The server's address [default: where the settings listen]
    #[arg(long)]
    server: Option<String>,
    /// Only this account's.
    #[arg(long)]
    appid: Option<String>,
    /// Only those behind this one.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Print JSON, as the admin API answers it.
    #[arg(long)]
    json: bool,
}

/// What is done again before the page is asked for.
pub(crate) struct Again {
    /// Where the admin API does it.
    pub(crate) path: String,
    /// What people are told.
    pub(crate) said: String,
}

impl PageAsk {
    /// The server that is asked.
    pub(crate) fn client(&self, settings: &Settings) -> Result<AdminClient, ComposeError> {
        AdminClient::new(settings, self.server.as_deref())
    }

    /// Whose they are; None: everybody's.
    pub(crate) fn appid(&self) -> Option<&str> {
        self.appid.as_deref()
    }

    /// Whether a program reads what is printed.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Asks, and returns the text to print. `name` is the listing's in the path and in the answer.
    pub(crate) fn run(
        &self,
        settings: &Settings,
        again: Option<Again>,
        name: &str,
        filters: &[(&str, Option<&str>)],
        line: impl Fn(&Value) -> String,
    ) -> Result<String, ComposeError> {
        let client = self.client(settings)?;
        if let Some(again) = &again {
            client.post(&again.path)?;
        }
        let limit = self.limit.to_string();
        let page = [
            ("appid", self.appid.as_deref()),
            ("after", self.after.as_deref()),
            ("limit", Some(&*limit)),
        ];
        let text = client.get(name, &[filters, &page].concat())?;
        if self.json {
            return Ok(text);
        }
        let said = again.map(|again| again.said + "\n").unwrap_or_default();
        Ok(said + &for_people(name, &admin_client::parse(&text)?, line))
    }
}

fn for_people(name: &str, listing: &Value, line: impl Fn(&Value) -> String) -> String {
    let entries = listing[name].as_array().map_or(&[][..], Vec::as_slice);
    let mut text: String = entries.iter().map(line).collect();
    if entries.is_empty() {
        let _ = writeln!(text, "no {name}");
    }
    if let Some(next) = listing["next"].as_str() {
        let _ = writeln!(text, "there may be more: --after {next}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_read_a_line_an_entry_and_where_to_go_on() {
        let line = |entry: &Value| format!("{entry}!\n");
        assert_eq!(for_people("jobs", &json!({"jobs": []}), line), "no jobs\n");
        let listing = json!({"jobs": [7, 5], "next": "5"});
        let shown = "7!\n5!\nthere may be more: --after 5\n";
        assert_eq!(for_people("jobs", &listing, line), shown);
    }
}
