//! A server's API, as a merchant's program asks it: any server that speaks it, by its base address.

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::tls;
use core::time::Duration;
use serde_json::Value;
use ureq::http;

/// What an answer takes at most; a document takes no longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// One request to a server.
#[derive(Clone, Default)]
pub(crate) struct Asked {
    /// GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS.
    pub(crate) method: &'static str,
    /// The path, with a slash at its beginning.
    pub(crate) path: String,
    /// The query's parameters.
    pub(crate) query: Vec<(String, String)>,
    /// The body and its Content-Type.
    pub(crate) body: Option<(String, Vec<u8>)>,
    /// The operator's token, for the admin API.
    pub(crate) bearer: Option<String>,
    /// A person's session, for pages.
    pub(crate) cookie: Option<String>,
}

impl Asked {
    /// GET of a path.
    pub(crate) fn get(path: &str, query: &[(&str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { method: "GET", path: path.to_owned(), query: query.collect(), ..Self::default() }
    }

    /// POST of a page's form.
    pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = Some(("application/x-www-form-urlencoded".to_owned(), form.into_bytes()));
        Self { method: "POST", body, ..Self::get(path, &[]) }
    }

    /// POST of JSON.
    pub(crate) fn post(path: &str, query: &[(&str, &str)], body: &Value) -> Self {
        let body = Some(("application/json".to_owned(), body.to_string().into_bytes()));
        Self { method: "POST", body, ..Self::get(path, query) }
    }
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The first cookie that it sets, its name and value alone.
    pub(crate) cookie: Option<String>,
}

impl Answer {
    /// The body as JSON; None: it is none.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The JSON of an answer that says that all is well; `path` is what was asked.
    pub(crate) fn well(&self, path: &str) -> Result<Value, ComposeError> {
        let found = self.json().filter(|json| is_well(self.status, json));
        found.ok_or_else(|| {
            let (status, text) = (self.status, String::from_utf8_lossy(&self.body));
            failed(format!("{path} was answered {status}: {}", text.trim()))
        })
    }
}

/// Asks one server.
pub(crate) struct ApiClient {
    base: String,
    agent: ureq::Agent,
}

impl ApiClient {
    /// For the server at this address; None: where the settings listen.
    pub(crate) fn new(settings: &Settings, server: Option<&str>) -> Result<Self, ComposeError> {
        let base = compose::server_address(settings, server);
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A token goes nowhere but to the server that was named.
            .max_redirects(0)
            .timeout_global(Some(TIME_LIMIT));
        config = match base.split_once("://").map(|(scheme, _)| scheme) {
            Some("https") => config.tls_config(tls::client_config(settings)?),
            // A proxy would read secrets.
            Some("http") => config.proxy(None),
            _ => return Err(failed(format!("{base} is no http or https address"))),
        };
        Ok(Self { base, agent: config.build().into() })
    }

    /// The server's address, without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let (_, rest) = self.base.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((ip, _)) => ip,
            None => authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Sends it: whatever was answered.
    pub(crate) fn send(&self, asked: Asked) -> Result<Answer, ComposeError> {
        let no_answer = |error: &dyn std::fmt::Display| {
            failed(format!("no answer from {}: {error}; name the server with --server", self.base))
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&asked.query);
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = http::Request::builder()
            .method(asked.method)
            .uri(format!("{}{}{mark}{query}", self.base, asked.path));
        if let Some(token) = &asked.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(cookie) = &asked.cookie {
            request = request.header("cookie", cookie);
        }
        let (content_type, body) = asked.body.unzip();
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(body.unwrap_or_default()).map_err(|error| no_answer(&error))?;
        let mut answer = self.agent.run(request).map_err(|error| no_answer(&error))?;
        let body = answer.body_mut().read_to_vec().map_err(|error| no_answer(&error))?;
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        Ok(Answer { status: answer.status().as_u16(), body, cookie })
    }

    /// Sends it: the answer's JSON, which says that all is well.
    pub(crate) fn ask(&self, asked: Asked) -> Result<Value, ComposeError> {
        let path = asked.path.clone();
        self.send(asked)?.well(&path)
    }
}

/// Whether an answer says that what was asked for was done.
pub(crate) fn is_well(status: u16, json: &Value) -> bool {
    let errcode = &json["errcode"];
    (200..300).contains(&status) && (errcode.is_null() || errcode.as_i64() == Some(0))
}

/// A command's complaint.
pub(crate) fn failed(text: impl Into<String>) -> ComposeError {
    ComposeError::Asking(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn loopback_in_every_spelling_is_local_and_nothing_else_is() {
        let settings = Settings::load(None).unwrap();
        let is_local = |server: &str| ApiClient::new(&settings, Some(server)).unwrap().is_local();
        for server in ["http://127.0.0.1:8080/", "http://localhost", "http://[::1]:1/x"] {
            assert!(is_local(server), "{server}");
        }
        for server in ["https://api.weixin.qq.com", "http://127.0.0.1.example", "http://10.0.0.1"] {
            assert!(!is_local(server), "{server}");
        }
        assert!(ApiClient::new(&settings, Some("api.weixin.qq.com")).is_err());
    }

    #[test]
    fn an_errcode_or_a_status_says_that_it_was_not_done() {
        assert!(
            is_well(200, &json!({"errcode": 0})) && is_well(200, &json!({"access_token": "x"}))
        );
        assert!(!is_well(200, &json!({"errcode": 40001})) && !is_well(404, &json!({"error": "x"})));
    }
}
