//! A push that is sent on, as it came.

use crate::api_client::failed;
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::tls;
use core::time::Duration;
use std::time::Instant;

/// The server waits 5 s for an answer; a program that is being debugged may take longer, and the push comes again.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// What of an answer is passed on at most.
const MOST_ANSWER_BYTES: u64 = 64 << 10;

/// A local address.
#[derive(Clone)]
pub(super) struct Forward {
    url: String,
    agent: ureq::Agent,
}

/// What a program answered.
#[derive(Clone)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) took_ms: u128,
}

impl Forward {
    pub(super) fn to(settings: &Settings, url: &str) -> Result<Self, ComposeError> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(failed(format!("--forward {url} must be an http or https address")));
        }
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(TIME_LIMIT));
        if url.starts_with("https://") {
            config = config.tls_config(tls::client_config(settings)?);
        }
        Ok(Self { url: url.to_owned(), agent: config.build().into() })
    }

    /// The address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Sends it, with the query that it came with. Blocks its thread.
    pub(super) fn send(
        &self,
        query: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answered, String> {
        let mark = if self.url.contains('?') { '&' } else { '?' };
        let started = Instant::now();
        let request = self.agent.post(format!("{}{mark}{query}", self.url));
        let answer = request.content_type(content_type).send(body);
        let mut answer = answer.map_err(|error| error.to_string())?;
        let read = answer.body_mut().with_config().limit(MOST_ANSWER_BYTES).read_to_vec();
        let body = read.map_err(|error| error.to_string())?;
        let took_ms = started.elapsed().as_millis();
        Ok(Answered { status: answer.status().as_u16(), body, took_ms })
    }
}
