//! What a code means and what to do about it, as the error pages tell programs.

use crate::lang::Lang;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kaipiao_errcode::{ErrorCode, Shown, Text};
use kaipiao_wire::answer;
use serde::Serialize;

/// What the code means, and what to do about it.
#[derive(Serialize)]
pub(crate) struct Advice {
    pub(crate) errcode: i32,
    pub(crate) message: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) integrator: &'static str,
    pub(crate) operator: &'static str,
}

impl Advice {
    pub(crate) fn of(lang: Lang, code: ErrorCode) -> Self {
        let text = |text: Text| lang.t(text.zh, text.en);
        let guide = code.guide();
        Self {
            errcode: code.number(),
            message: code.message(),
            meaning: text(guide.meaning),
            integrator: text(guide.integrator),
            operator: text(guide.operator),
        }
    }
}

/// A request that is answered with a code.
#[derive(Serialize)]
pub(crate) struct ShownJson {
    method: &'static str,
    path: &'static str,
    body: &'static str,
    answer: &'static str,
}

impl From<Shown> for ShownJson {
    fn from(Shown { method, path, body, answer }: Shown) -> Self {
        Self { method, path, body, answer }
    }
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    error: &'a str,
}

/// Whether a browser asks; a program gets JSON.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepts.is_some_and(|accepted| accepted.contains("text/html"))
}

pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    (status, [(CONTENT_TYPE, answer::CONTENT_TYPE)], answer::bare(value)).into_response()
}

/// Why a program gets nothing.
pub(crate) fn problem(status: StatusCode, error: &str) -> Response {
    json(status, &ErrorJson { error })
}
