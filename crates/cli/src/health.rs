//! `kaipiao health`: asks a running server how it is, for the probes of containers.

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::tls;
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

/// Its certificate is not looked at: it may be for other names than the address that is asked.
fn answer_of(
    settings: &Settings,
    server: Option<&str>,
    path: &str,
) -> Result<(u16, String), ComposeError> {
    let server = compose::server_address(settings, server);
    let no_answer = |error: ureq::Error| {
        ComposeError::Asking(format!(
            "no answer from {server}: {error}; name the server with --server"
        ))
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIME_LIMIT))
        // Of the environment: it is for other servers than one's own.
        .proxy(None)
        .tls_config(tls::unverified())
        .build()
        .into();
    let mut answer = agent.get(format!("{server}{path}")).call().map_err(no_answer)?;
    let text = answer.body_mut().read_to_string().map_err(no_answer)?;
    if !text.contains("\"status\"") {
        let text = format!("what listens on {server} does not answer as a kaipiao");
        return Err(ComposeError::Asking(text));
    }
    Ok((answer.status().as_u16(), text))
}
