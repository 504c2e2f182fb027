//! The reference of error codes, for whoever was answered one: all of them, and a page each.

use crate::explanation::{Advice, ShownJson, json, problem, wants_page};
use crate::lang::Lang;
use crate::page::{Frame, html, notice_with_way_home};
use crate::pages::Pages;
use crate::visit::Visit;
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_errcode::{ErrorCode, Shown, Text};
use serde::Serialize;

/// All codes.
pub(crate) const ERROR_CODES_PATH: &str = "/errors";
/// One code's page.
pub(crate) const ERROR_CODE_PATH: &str = "/errors/{code}";

#[derive(Template)]
#[template(path = "error_codes.html")]
struct ErrorCodesPage<'a> {
    frame: &'a Frame,
    /// Whether everybody may look requests up by their rid.
    explains: bool,
    rows: Vec<Row>,
}

struct Row {
    number: i32,
    message: &'static str,
    meaning: &'static str,
}

#[derive(Template)]
#[template(path = "error_code.html")]
struct ErrorCodePage<'a> {
    frame: &'a Frame,
    explains: bool,
    advice: Advice,
    shown: Option<Shown>,
}

fn in_language(lang: Lang, text: Text) -> &'static str {
    lang.t(text.zh, text.en)
}

/// `GET /errors`.
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let row = |code: &ErrorCode| Row {
        number: code.number(),
        message: code.message(),
        meaning: in_language(visit.lang, code.guide().meaning),
    };
    let rows = ErrorCode::ALL.iter().map(row).collect();
    html(
        StatusCode::OK,
        &ErrorCodesPage { frame: &visit.frame(), explains: pages.is_sandbox, rows },
    )
}

/// A code's page for programs.
#[derive(Serialize)]
struct ErrorCodeJson {
    #[serde(flatten)]
    advice: Advice,
    /// None: success, of which every test is full.
    shown: Option<ShownJson>,
}

/// `GET /errors/{code}`.
pub(crate) async fn show(
    State(pages): State<Pages>,
    PathNames(code): PathNames<String>,
    request: Request,
) -> Response {
    let wants_page = wants_page(request.headers());
    let visit = Visit::of(request);
    let frame = visit.frame();
    let Some(code) = code.parse().ok().and_then(ErrorCode::from_number) else {
        if !wants_page {
            return problem(StatusCode::NOT_FOUND, "this server never answers with this code");
        }
        return notice_with_way_home(
            &frame,
            StatusCode::NOT_FOUND,
            ("没有此错误码", "There is no such error code"),
            ("本服务器从不返回此错误码。", "This server never answers with it."),
        );
    };
    let (advice, shown) = (Advice::of(visit.lang, code), code.guide().shown);
    if !wants_page {
        let shown = shown.map(ShownJson::from);
        return json(StatusCode::OK, &ErrorCodeJson { advice, shown });
    }
    let explains = pages.is_sandbox;
    html(StatusCode::OK, &ErrorCodePage { frame: &frame, explains, advice, shown })
}
