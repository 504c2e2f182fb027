//! A running server's admin API, as commands ask it.

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::tls;
use core::time::Duration;
use serde_json::Value;

type Sent = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

/// Asks one server, with the operator's token.
pub(crate) struct AdminClient {
    base: String,
    token: String,
    agent: ureq::Agent,
}

impl AdminClient {
    /// For the server at this address; None: where the settings listen.
    pub(crate) fn new(settings: &Settings, server: Option<&str>) -> Result<Self, ComposeError> {
        let server = compose::server_address(settings, server);
        let token = compose::admin_token(settings)?.ok_or_else(|| {
            let text = "no admin token: set KAIPIAO_ADMIN_TOKEN or admin_token_file";
            ComposeError::Asking(text.to_owned())
        })?;
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // None of the environment's gets the operator's token.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)));
        if server.starts_with("https://") {
            config = config.tls_config(tls::client_config(settings)?);
        }
        let base = format!("{server}/admin/v1");
        Ok(Self { base, token, agent: config.build().into() })
    }

    /// GET of a listing: the answer's text. Parameters without a value are left out.
    pub(crate) fn get(
        &self,
        path: &str,
        parameters: &[(&str, Option<&str>)],
    ) -> Result<String, ComposeError> {
        let mut request = self.agent.get(format!("{}/{path}", self.base));
        for (name, value) in parameters {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        self.answer(request, ureq::RequestBuilder::call)
    }

    /// POST without a body: the answer's text.
    pub(crate) fn post(&self, path: &str) -> Result<String, ComposeError> {
        let request = self.agent.post(format!("{}/{path}", self.base));
        self.answer(request, ureq::RequestBuilder::send_empty)
    }

    /// PUT or POST of JSON: the answer's text.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<String, ComposeError> {
        let address = format!("{}/{path}", self.base);
        let request = match method {
            "PUT" => self.agent.put(address),
            _ => self.agent.post(address),
        };
        let body = body.to_string();
        self.answer(request, |request| request.send(&*body))
    }

    /// DELETE: the answer's text.
    pub(crate) fn delete(&self, path: &str) -> Result<String, ComposeError> {
        let request = self.agent.delete(format!("{}/{path}", self.base));
        self.answer(request, ureq::RequestBuilder::call)
    }

    fn answer<B>(
        &self,
        request: ureq::RequestBuilder<B>,
        send: impl FnOnce(ureq::RequestBuilder<B>) -> Sent,
    ) -> Result<String, ComposeError> {
        let server = self.base.trim_end_matches("/admin/v1");
        let asking = |error: ureq::Error| {
            let text = format!("no answer from {server}: {error}; name the server with --server");
            ComposeError::Asking(text)
        };
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let mut answer = send(request).map_err(asking)?;
        let text = answer.body_mut().read_to_string().map_err(asking)?;
        if answer.status().is_success() {
            return Ok(text);
        }
        Err(ComposeError::Asking(format!("the server answered {}: {text}", answer.status())))
    }
}

/// An answer's JSON.
pub(crate) fn parse(text: &str) -> Result<Value, ComposeError> {
    let error = |error| ComposeError::Asking(format!("the server's answer is no JSON: {error}"));
    serde_json::from_str(text).map_err(error)
}
