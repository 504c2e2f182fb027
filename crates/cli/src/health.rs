//! `kaipiao health`: asks a running server how it is, for the probes of containers.

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::tls;
use core::time::Duration;

/// So long the answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The answer of the server at this address, as JSON; None: where the settings listen. An error: it takes no commits, or
/// nobody answers.
pub fn run(settings: &Settings, server: Option<&str>) -> Result<String, ComposeError> {
    let (status, answer) = asked(settings, server)?;
    if status == 200 { Ok(answer) } else { Err(ComposeError::Asking(answer)) }
}

/// The status and the text of `GET /healthz`; an error: whoever answers is no kaipiao. Its certificate is not
/// looked at: it may be for other names than the address that is asked.
pub(crate) fn asked(
    settings: &Settings,
    server: Option<&str>,
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
    let mut answer = agent.get(format!("{server}/healthz")).call().map_err(no_answer)?;
    let text = answer.body_mut().read_to_string().map_err(no_answer)?;
    if !text.contains("\"status\"") {
        let text = format!("what listens on {server} does not answer as a kaipiao");
        return Err(ComposeError::Asking(text));
    }
    Ok((answer.status().as_u16(), text))
}
