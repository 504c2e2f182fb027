//! `kaipiao health`: asks a running server how it is, for the probes of containers.

use crate::api_client::{ApiClient, Asked, Way};
use crate::compose::ComposeError;
use crate::settings::Settings;
use clap::Args;
use core::time::Duration;

/// So long the answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Whether a server takes commits.
const HEALTH: &str = "/healthz";
/// Whether requests should be sent to it.
const READINESS: &str = "/readyz";

/// What is asked of a running server.
#[derive(Args)]
pub struct HealthAsk {
    /// The server's address [default: where the settings listen]
    #[arg(long)]
    server: Option<String>,
    /// Ask whether requests should be sent to it: GET /readyz, which also says no while it starts and stops
    #[arg(long)]
    ready: bool,
}

/// The answer of a server, as JSON. An error: it takes no commits, or is not ready where that is asked, or
/// nobody answers.
pub fn run(settings: &Settings, ask: &HealthAsk) -> Result<String, ComposeError> {
    let path = if ask.ready { READINESS } else { HEALTH };
    let (status, answer) = answer_of(settings, ask.server.as_deref(), path)?;
    if status == 200 { Ok(answer) } else { Err(ComposeError::Asking(answer)) }
}

/// The status and the text of `GET /healthz` where the settings listen; an error: whoever answers is no kaipiao.
pub(crate) fn asked(settings: &Settings) -> Result<(u16, String), ComposeError> {
    answer_of(settings, None, HEALTH)
}

fn answer_of(
    settings: &Settings,
    server: Option<&str>,
    path: &str,
) -> Result<(u16, String), ComposeError> {
    let client = ApiClient::new(settings, server, Way::Probe, TIME_LIMIT)?;
    let answer = client.send(Asked::get(path, &[]))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if !text.contains("\"status\"") {
        let text = format!("what listens on {} does not answer as a kaipiao", client.base());
        return Err(ComposeError::Asking(text));
    }
    Ok((answer.status, text))
}
