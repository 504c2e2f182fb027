//! The demo's client: calls that are timed and printed.

use crate::demo::step::{expect, pause, print_step, text};
use core::time::Duration;
use kaipiao_app::sandbox::{DEMO_MCH_KEY, DEMO_MCHID, DEMO_MERCHANT, DemoAccount};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_wire::payment::pay_answer::Fields;
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};
use std::time::Instant;

/// A merchant's, an operator's and a test suite's client in one.
pub(super) struct Client {
    home: String,
    admin_token: String,
    agent: ureq::Agent,
}

impl Client {
    pub(super) fn new(home: String, admin_token: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)));
        Self { home, admin_token, agent: config.build().into() }
    }

    /// An account's access token.
    pub(super) fn token(&self, what: &str, account: &DemoAccount) -> Result<String, String> {
        let DemoAccount { appid, secret, .. } = account;
        let query = format!("grant_type=client_credential&appid={appid}&secret={secret}");
        let answer = self.get(what, &format!("cgi-bin/token?{query}"))?;
        expect(&answer, "expires_in", &json!(7200))?;
        text(&answer, "access_token")
    }

    /// A call of the API: errcode must be 0.
    pub(super) fn call(
        &self,
        what: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, String> {
        let answer = match body {
            Some(body) => self.post(what, path, &body)?,
            None => self.get(what, path)?,
        };
        expect(&answer, "errcode", &json!(0)).map_err(|why| format!("{what}: {why}: {answer}"))?;
        Ok(answer)
    }

    pub(super) fn get(&self, what: &str, path: &str) -> Result<Value, String> {
        self.step(what, "GET", path, "", || self.agent.get(self.address(path)).call())
    }

    pub(super) fn post(&self, what: &str, path: &str, body: &Value) -> Result<Value, String> {
        let sent = body.to_string();
        self.step(what, "POST", path, &sent, || self.agent.post(self.address(path)).send(&*sent))
    }

    /// Sends a file as the part of this name: errcode must be 0.
    pub(super) fn upload(
        &self,
        what: &str,
        path: &str,
        name: &str,
        file: &[u8],
    ) -> Result<Value, String> {
        const BOUNDARY: &str = "kaipiao-demo-9c1f4e7a";
        let disposition = format!("form-data; name=\"{name}\"; filename=\"{name}\"");
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n");
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let body = [head.as_bytes(), file, end.as_bytes()].concat();
        let answer =
            self.step(what, "POST", path, &format!("{name}, {} bytes", file.len()), || {
                let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
                self.agent.post(self.address(path)).content_type(content_type).send(&body[..])
            })?;
        expect(&answer, "errcode", &json!(0)).map_err(|why| format!("{what}: {why}: {answer}"))?;
        Ok(answer)
    }

    pub(super) fn put(&self, what: &str, path: &str, body: &Value) -> Result<Value, String> {
        let sent = body.to_string();
        self.step(what, "PUT", path, "{…}", || {
            let request = self.agent.put(self.address(path));
            request.header("authorization", format!("Bearer {}", self.admin_token)).send(&*sent)
        })
    }

    /// The server knows that the order's push was delivered.
    pub(super) fn delivered(&self, order_id: &str) -> Result<(), String> {
        let what = "what the server knows of the push";
        let path = format!("admin/v1/pushes?order_id={order_id}&state=delivered");
        let started = Instant::now();
        // The receiver's answer may still be on its way back.
        while started.elapsed() < Duration::from_secs(10) {
            let request = self.agent.get(self.address(&path));
            let request = request.header("authorization", format!("Bearer {}", self.admin_token));
            let mut answer = request.call().map_err(|error| format!("{what}: {error}"))?;
            let body = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
            let listing: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
            let took_ms = started.elapsed().as_secs_f64() * 1000.0;
            if let Some(push) = listing["pushes"].get(0) {
                let says = format!("{} {}", push["state"], push["says"]);
                print_step(what, took_ms, &format!("GET /{path}"), &says);
                return Ok(());
            }
            pause();
        }
        Err(format!("{what}: not delivered within 10 s"))
    }

    /// The PDF at an address.
    pub(super) fn pdf(&self, url: &str) -> Result<(), String> {
        let (what, started) = ("the invoice's PDF", Instant::now());
        let wrong = |error: &dyn std::fmt::Display| format!("{what}: {error}");
        let mut response = self.agent.get(url).call().map_err(|error| wrong(&error))?;
        let bytes = response.body_mut().read_to_vec().map_err(|error| wrong(&error))?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        print_step(what, took_ms, &format!("GET {url}"), &format!("{} bytes", bytes.len()));
        bytes.starts_with(b"%PDF-").then_some(()).ok_or_else(|| wrong(&"it is no PDF"))
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    /// A call of WeChat Pay, signed: the answer's signature must hold, and result_code be SUCCESS.
    pub(super) fn pay(
        &self,
        what: &str,
        path: &str,
        parameters: &[(&'static str, &str)],
    ) -> Result<PayRequest, String> {
        let sent = signed(parameters);
        let answer = self.exchange(what, &format!("POST /{path} {sent}"), || {
            self.agent.post(self.address(path)).content_type("text/xml").send(&*sent)
        })?;
        let read = PayRequest::read(answer.as_bytes()).map_err(|why| format!("{what}: {why}"))?;
        if !read.is_signed_by(DEMO_MCH_KEY, SignType::Md5) {
            return Err(format!("{what}: the answer's signature is wrong: {answer}"));
        }
        let is_done = read.get("result_code") == "SUCCESS";
        is_done.then_some(read).ok_or_else(|| format!("{what}: {answer}"))
    }

    /// A page, asked for by a browser with this cookie, which follows nowhere.
    pub(super) fn page(
        &self,
        method: &str,
        path: &str,
        cookie: &str,
        form: &str,
    ) -> Result<ureq::http::Response<String>, String> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(self.address(path.trim_start_matches('/')))
            .header("cookie", cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .map_err(|error| error.to_string())?;
        let request = self.agent.configure_request(request).max_redirects(0).build();
        let (parts, mut body) =
            self.agent.run(request).map_err(|error| error.to_string())?.into_parts();
        let text = body.read_to_string().map_err(|error| error.to_string())?;
        Ok(ureq::http::Response::from_parts(parts, text))
    }

    fn step(
        &self,
        what: &str,
        method: &str,
        path: &str,
        sent: &str,
        send: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, String> {
        let answer =
            self.exchange(what, &format!("{method} /{} {sent}", path_shown(path)), send)?;
        serde_json::from_str(&answer).map_err(|error| format!("{what}: {error}: {answer}"))
    }

    fn exchange(
        &self,
        what: &str,
        sent: &str,
        send: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<String, String> {
        let started = Instant::now();
        let mut response = send().map_err(|error| format!("{what}: {error}"))?;
        let answer =
            response.body_mut().read_to_string().map_err(|error| format!("{what}: {error}"))?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        print_step(what, took_ms, sent, &answer);
        Ok(answer)
    }
}

/// The demo pay merchant's parameters as XML, with what every call names, and signed.
fn signed(parameters: &[(&'static str, &str)]) -> String {
    let always = [("appid", DEMO_MERCHANT), ("mch_id", DEMO_MCHID), ("nonce_str", "demo")];
    let all = always.iter().chain(parameters);
    let fields = all.fold(Fields::default(), |fields, (name, value)| fields.text(*name, *value));
    fields.signed(DEMO_MCH_KEY, SignType::Md5)
}

/// The path with its action, without token and secret.
fn path_shown(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let action = query.split('&').find(|pair| pair.starts_with("action="));
    action.map_or_else(|| path.to_owned(), |action| format!("{path}?{action}"))
}
