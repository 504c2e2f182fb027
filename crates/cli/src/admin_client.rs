//! A running server's admin API, as commands ask it.

use crate::api_client::{ApiClient, Asked, Way, failed};
use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use core::time::Duration;
use serde_json::Value;

/// What an answer takes at most.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Where the operator's token comes from.
pub(crate) const TOKEN_PLACES: &str = "set KAIPIAO_ADMIN_TOKEN or admin_token_file";

/// Asks one server, with the operator's token.
pub(crate) struct AdminClient {
    client: ApiClient,
    token: String,
}

impl AdminClient {
    /// For the server at this address; None: where the settings listen.
    pub(crate) fn new(settings: &Settings, server: Option<&str>) -> Result<Self, ComposeError> {
        let token = compose::admin_token(settings)?;
        let token = token.ok_or_else(|| failed(format!("no admin token: {TOKEN_PLACES}")))?;
        let client = ApiClient::new(settings, server, Way::Direct, TIME_LIMIT)?;
        Ok(Self { client, token })
    }

    /// GET of a listing: the answer's text. Parameters without a value are left out.
    pub(crate) fn get(
        &self,
        path: &str,
        parameters: &[(&str, Option<&str>)],
    ) -> Result<String, ComposeError> {
        let given = parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let query: Vec<_> = given.collect();
        self.answer(Asked::get(&address(path), &query))
    }

    /// POST without a body: the answer's text.
    pub(crate) fn post(&self, path: &str) -> Result<String, ComposeError> {
        self.answer(Asked { method: "POST", ..Asked::get(&address(path), &[]) })
    }

    /// PUT or POST of JSON: the answer's text.
    pub(crate) fn send(
        &self,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<String, ComposeError> {
        self.answer(Asked { method, ..Asked::post(&address(path), &[], body) })
    }

    /// DELETE: the answer's text.
    pub(crate) fn delete(&self, path: &str) -> Result<String, ComposeError> {
        self.answer(Asked { method: "DELETE", ..Asked::get(&address(path), &[]) })
    }

    fn answer(&self, asked: Asked) -> Result<String, ComposeError> {
        let answer = self.client.send(Asked { bearer: Some(self.token.clone()), ..asked })?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        match answer.status {
            200..300 => Ok(text),
            401 => Err(failed(format!(
                "{} does not take this admin token: {TOKEN_PLACES}",
                self.client.base()
            ))),
            status => Err(failed(format!("the server answered {status}: {text}"))),
        }
    }
}

fn address(path: &str) -> String {
    format!("/admin/v1/{path}")
}

/// An answer's JSON.
pub(crate) fn parse(text: &str) -> Result<Value, ComposeError> {
    let error = |error| failed(format!("the server's answer is no JSON: {error}"));
    serde_json::from_str(text).map_err(error)
}
