//! What was asked and answered under a rid, and why it was refused: for whoever has its errmsg.

use crate::console_login::console_role;
use crate::lang::Lang;
use crate::page::{Frame, html, notice_with_way_home, see_other};
use crate::pages::Pages;
use crate::visit::{Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kaipiao_app::{Failure, requests};
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_errcode::{ErrorCode, Text};
use kaipiao_wire::answer;
use kaipiao_wire::logged_request::RequestDetail;
use serde::Serialize;
use subtle::ConstantTimeEq;

/// A request's page.
pub(crate) const EXPLAINED_PATH: &str = "/errors/rid/{rid}";

#[derive(Template)]
#[template(path = "explained.html")]
struct ExplainedPage<'a> {
    frame: &'a Frame,
    request: &'a RequestDetail,
    advice: Option<Advice>,
}

/// What the code means, and what to do about it.
#[derive(Serialize)]
struct Advice {
    errcode: i32,
    message: &'static str,
    meaning: &'static str,
    integrator: &'static str,
}

/// The same for programs.
#[derive(Serialize)]
struct ExplainedJson<'a> {
    advice: Option<Advice>,
    request: &'a RequestDetail,
}

#[derive(Serialize)]
struct ErrorJson {
    error: &'static str,
}

/// Who sees what others have sent: in the sandbox everybody, in production whoever has the admin token or is logged in to
/// the console as an operator; a developer sees the requests of their accounts. None: nobody is known.
async fn seen_as(pages: &Pages, headers: &HeaderMap) -> Result<Option<ConsoleRole>, Failure> {
    match pages.is_sandbox || has_admin_token(pages, headers) {
        true => Ok(Some(ConsoleRole::Operator)),
        false => console_role(pages, headers).await,
    }
}

fn has_admin_token(pages: &Pages, headers: &HeaderMap) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("");
    let expected = pages.admin_token.as_deref().unwrap_or("");
    !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

/// `GET /errors/rid?rid=`: what the form of the error codes' page sends.
pub(crate) async fn ask(request: Request) -> Response {
    let rid = Visit::of(request).parameter("rid");
    // Whoever pastes a whole errmsg has its rid at the end.
    let rid = rid.split_whitespace().next_back().unwrap_or("");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match !rid.is_empty() && rid.chars().all(is_part) {
        true => see_other(&format!("/errors/rid/{rid}")),
        false => see_other("/errors"),
    }
}

/// `GET /errors/rid/{rid}`.
pub(crate) async fn show(
    State(pages): State<Pages>,
    PathNames(rid): PathNames<String>,
    request: Request,
) -> Response {
    let seen_as = seen_as(&pages, request.headers()).await;
    let wants_page = wants_page(request.headers());
    let visit = Visit::of(request);
    let found = match seen_as {
        Ok(Some(role)) => seen(&pages, &rid, &role).await,
        Ok(None) => Ok(None),
        Err(failure) => Err(failure),
    };
    let frame = visit.frame();
    let request = match found {
        Err(failure) => return unavailable(&frame, &failure),
        Ok(None) if wants_page => return nothing(&frame),
        Ok(None) => {
            let error = "no request in this server's log has this rid";
            return json(StatusCode::NOT_FOUND, &ErrorJson { error });
        }
        Ok(Some(request)) => request,
    };
    let advice = advice(visit.lang, &request.head.errcode);
    match wants_page {
        true => html(StatusCode::OK, &ExplainedPage { frame: &frame, request: &request, advice }),
        false => json(StatusCode::OK, &ExplainedJson { advice, request: &request }),
    }
}

/// The request of that rid, if there is one that they may see.
async fn seen(
    pages: &Pages,
    rid: &str,
    role: &ConsoleRole,
) -> Result<Option<RequestDetail>, Failure> {
    let found = requests::find(&pages.app, rid).await?;
    let Some(request) = found else { return Ok(None) };
    let is_seen = requests::is_seen_by(&pages.app, &request, role).await?;
    Ok(is_seen.then(|| requests::detail(request)))
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    (status, [(CONTENT_TYPE, answer::CONTENT_TYPE)], answer::bare(value)).into_response()
}

/// Whether a browser asks; a program gets JSON.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepts.is_some_and(|accepted| accepted.contains("text/html"))
}

fn advice(lang: Lang, errcode: &str) -> Option<Advice> {
    let code = errcode.parse().ok().and_then(ErrorCode::from_number)?;
    let text = |text: Text| lang.t(text.zh, text.en);
    let guide = code.guide();
    Some(Advice {
        errcode: code.number(),
        message: code.message(),
        meaning: text(guide.meaning),
        integrator: text(guide.integrator),
    })
}

fn nothing(frame: &Frame) -> Response {
    notice_with_way_home(
        frame,
        StatusCode::NOT_FOUND,
        ("没有此 rid 的请求", "No request has this rid"),
        (
            "请检查 rid 是否完整。请求日志只保留一段时间，每个节点只记录自己应答的请求。",
            "Check that the rid is complete. The request log keeps requests for some days, and each node has its own.",
        ),
    )
}
