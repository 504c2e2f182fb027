//! The end of a picker: what it says goes to the page that has opened it.

use crate::page::{Frame, html_with_script};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaipiao_wire::answer::bare;
use serde::Serialize;

/// The script that says it.
pub(crate) const PICKED_PATH: &str = "/open/js/picked.js";

const PICKED: &str = include_str!("../../assets/picked.js");

/// `GET /open/js/picked.js`
pub(crate) async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, PICKED).into_response()
}

/// What the company's page is told.
#[derive(Serialize)]
pub(crate) struct Answer {
    /// `choose_invoice:ok`, `…:cancel` or `…:fail`.
    pub(crate) err_msg: String,
    /// Why it is a failure: for the page's developers. Empty: it is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) err_desc: String,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choose_invoice_info: Option<String>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choose_invoice_title_info: Option<String>,
}

impl Answer {
    /// The end of a call of this name: `ok`, `cancel` or `fail`.
    pub(crate) fn of(name: &str, end: &str) -> Self {
        Self {
            err_msg: format!("{name}:{end}"),
            err_desc: String::new(),
            choose_invoice_info: None,
            choose_invoice_title_info: None,
        }
    }
}

#[derive(Template)]
#[template(path = "picked.html")]
struct Picked<'a> {
    frame: &'a Frame,
    script: &'static str,
    origin: &'a str,
    answer: String,
    /// What people read whose browser runs no script.
    words: String,
}

/// Tells the page at `origin`. `words`: in the visitor's language.
pub(crate) fn page(
    frame: &Frame,
    status: StatusCode,
    origin: &str,
    answer: &Answer,
    words: &str,
) -> Response {
    let answer = bare(answer);
    let words = words.to_owned();
    html_with_script(status, &Picked { frame, script: PICKED_PATH, origin, answer, words })
}
