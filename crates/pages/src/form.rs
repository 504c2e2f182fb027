//! What a form holds, and whether it is from a page of this server.

use axum::body::Body;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use core::time::Duration;
use http_body_util::{BodyExt, Limited};

/// A page's form is far smaller.
const MAX_FORM_BYTES: usize = 64 * 1024;
const FORM_TIMEOUT: Duration = Duration::from_secs(10);

/// The fields of a form.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// A field's value; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or("")
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The words of a field, between blanks, line ends and commas.
    pub fn words(&self, name: &str) -> Vec<String> {
        let words = self.get(name).split(|c: char| c.is_whitespace() || c == ',');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// A field's value, if it is there.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The fields as a query or a body writes them.
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }
}

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormRefused {
    /// A page of another site has sent it.
    Foreign,
    /// It is too large, or did not arrive whole.
    Unreadable,
}

impl FormRefused {
    /// The status of the page that says so.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
        }
    }

    /// What the page says: what happened, and what to do; each in Chinese and English.
    pub const fn says(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Foreign => [
                ("请从本页面重新提交", "Please submit the form again"),
                (
                    "表单已失效，或来自其他网站。请返回上一页，刷新后再试。",
                    "The form has expired, or came from another site. Go back, reload the page and try again.",
                ),
            ],
            Self::Unreadable => [
                ("提交的内容无法读取", "We couldn't read what you sent"),
                (
                    "内容过大或网络中断，请返回重试。",
                    "It's too large, or the connection dropped. Go back and try again.",
                ),
            ],
        }
    }
}

/// What a form holds. `public_host` is the host that people know, where a proxy asks in its place.
pub async fn read_form(
    headers: &HeaderMap,
    body: Body,
    public_host: &str,
) -> Result<Form, FormRefused> {
    if !is_from_here(headers, public_host) {
        return Err(FormRefused::Foreign);
    }
    let collected = Limited::new(body, MAX_FORM_BYTES).collect();
    match tokio::time::timeout(FORM_TIMEOUT, collected).await {
        Ok(Ok(body)) => Ok(Form::parse(&body.to_bytes())),
        _ => Err(FormRefused::Unreadable),
    }
}

/// A browser names the page that a form comes from; its host must be the one it asks, or, where
/// a proxy asks in its place, the one that people know.
fn is_from_here(headers: &HeaderMap, public_host: &str) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let asked = headers.get(HOST).and_then(|value| value.to_str().ok());
    // What is not even text is nobody's address here.
    let host = origin.to_str().ok().and_then(|text| text.split_once("://"));
    host.is_some_and(|(_, host)| Some(host) == asked || host == public_host)
}
