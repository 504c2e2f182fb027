//! A server, as commands ask it: any that speaks the API, by its base address.

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::tls;
use core::time::Duration;
use serde_json::Value;
use ureq::http;

/// What an answer takes at most: a document takes no longer, nor does a request that waits and does not say how long.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);
/// The parameter by which a request asks to be answered later, in seconds.
const WAITS: &str = "timeout_s";

/// How a server is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// HTTPS by the environment's proxy, if it names one, which cannot read it. A proxy of plain HTTP would read secrets.
    Any,
    /// By no proxy: the operator's own server gets the operator's token.
    Direct,
    /// By no proxy, and its certificate is not looked at: it may be for other names than the address that is asked.
    Probe,
}

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

    /// How long it asks the server to wait before it answers.
    fn waits(&self) -> Duration {
        let waits = self.query.iter().find(|(name, _)| name == WAITS);
        Duration::from_secs(
            waits.and_then(|(_, seconds)| seconds.parse::<u32>().ok()).unwrap_or(0).into(),
        )
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
    limit: Duration,
    agent: ureq::Agent,
}

impl ApiClient {
    /// For the server at this address; None: where the settings listen. An answer may take `limit`.
    pub(crate) fn new(
        settings: &Settings,
        server: Option<&str>,
        way: Way,
        limit: Duration,
    ) -> Result<Self, ComposeError> {
        let base = compose::server_address(settings, server);
        // A token goes nowhere but to the server that was named.
        let mut config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        config = match (base.split_once("://").map(|(scheme, _)| scheme), way) {
            (Some("https"), Way::Probe) => config.proxy(None).tls_config(tls::unverified()),
            (Some("https"), Way::Direct) => {
                config.proxy(None).tls_config(tls::client_config(settings)?)
            }
            (Some("https"), Way::Any) => config.tls_config(tls::client_config(settings)?),
            (Some("http"), _) => config.proxy(None),
            _ => return Err(failed(format!("{base} is no http or https address"))),
        };
        Ok(Self { base, limit, agent: config.build().into() })
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
        let limit = self.limit.saturating_add(asked.waits());
        let no_answer = |error: ureq::Error| no_answer(&self.base, &error, limit);
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
        let request = request.body(body.unwrap_or_default());
        let request = request.map_err(|error| failed(format!("{}: {error}", asked.path)))?;
        let request = self.agent.configure_request(request).timeout_global(Some(limit)).build();
        let mut answer = self.agent.run(request).map_err(no_answer)?;
        let body = answer.body_mut().read_to_vec().map_err(no_answer)?;
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

/// Why a command has no answer, and what to do where perhaps another server was meant.
fn no_answer(base: &str, error: &ureq::Error, limit: Duration) -> ComposeError {
    ComposeError::NoAnswer(match error {
        ureq::Error::Timeout(_) => format!("no answer from {base} within {} s", limit.as_secs()),
        _ => format!("no answer from {base}: {error}; name the server with --server"),
    })
}

/// Whether an answer says that what was asked for was done.
pub(crate) fn is_well(status: u16, json: &Value) -> bool {
    // A refusal has words too; a fault that was planned has its errcode alone.
    let is_refused = json["errmsg"].is_string() && json["errcode"].as_i64() != Some(0);
    (200..300).contains(&status) && !is_refused
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
        let client =
            |server: &'static str| ApiClient::new(&settings, Some(server), Way::Any, TIME_LIMIT);
        let is_local = |server: &'static str| client(server).unwrap().is_local();
        for server in ["http://127.0.0.1:8080/", "http://localhost", "http://[::1]:1/x"] {
            assert!(is_local(server), "{server}");
        }
        for server in ["https://api.weixin.qq.com", "http://127.0.0.1.example", "http://10.0.0.1"] {
            assert!(!is_local(server), "{server}");
        }
        assert!(client("api.weixin.qq.com").is_err());
    }

    #[test]
    fn a_server_that_is_asked_to_wait_has_so_long_and_one_that_is_silent_is_not_another() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", silent.local_addr().unwrap());
        let settings = Settings::load(None).unwrap();
        let limit = Duration::from_millis(50);
        let client = ApiClient::new(&settings, Some(&base), Way::Any, limit).unwrap();
        let ask = |query: &[(&str, &str)]| {
            let started = std::time::Instant::now();
            let error = client.send(Asked::get("/sandbox/v1/wait", query)).err().unwrap();
            (started.elapsed(), error.to_string())
        };
        let (took, said) = ask(&[]);
        assert!(
            took < Duration::from_secs(1) && said == format!("no answer from {base} within 0 s"),
            "{said}"
        );
        let (took, said) = ask(&[("timeout_s", "1")]);
        assert!(took > Duration::from_secs(1) && said.ends_with("within 1 s"), "{said}");
        drop(silent);
        assert!(ask(&[]).1.contains("--server"));
    }

    #[test]
    fn an_errcode_or_a_status_says_that_it_was_not_done() {
        assert!(
            is_well(200, &json!({"errcode": 0})) && is_well(200, &json!({"access_token": "x"}))
        );
        let refused = json!({"errcode": 40001, "errmsg": "invalid credential"});
        assert!(!is_well(200, &refused) && !is_well(404, &json!({"error": "x"})));
        assert!(is_well(200, &json!({"target": "issuer", "errcode": 73000})));
    }
}
