//! What pickers have in common: who has opened one, and what they are told in the end.

use crate::page::{Frame, html_with_script, notice};
use crate::reimbursement::jssdk::PICKED_PATH;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_wire::answer::bare;
use serde::Serialize;

/// Whoever opens the address by hand.
pub(super) fn no_origin(frame: &Frame) -> Response {
    notice(
        frame,
        StatusCode::BAD_REQUEST,
        ("地址不完整", "This address is not complete"),
        (
            "请在企业的页面或应用里打开发票选择器。",
            "Open the picker from the company's page or app.",
        ),
    )
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

/// Tells the page at `origin` what was chosen.
pub(super) fn chosen(frame: &Frame, origin: &str, answer: &Answer) -> Response {
    let words = frame.t("已选择，可以关闭此窗口。", "Chosen. You can close this window.");
    page(frame, StatusCode::OK, origin, answer, words)
}

/// Tells the page at `origin` that its call of this name was cancelled.
pub(super) fn cancelled(frame: &Frame, origin: &str, name: &str) -> Response {
    let words =
        frame.t("已取消，可以关闭此窗口。", "Nothing was chosen. You can close this window.");
    page(frame, StatusCode::OK, origin, &Answer::of(name, "cancel"), words)
}
