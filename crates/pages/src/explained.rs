//! What was asked and answered under a rid, and why it was refused: for whoever has its errmsg.

use crate::console_login::console_role;
use crate::explanation::{Advice, json, problem, wants_page};
use crate::page::{Frame, html, notice_with_way_home, see_other};
use crate::pages::Pages;
use crate::visit::{Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kaipiao_app::{Failure, requests};
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_errcode::ErrorCode;
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

/// The same for programs.
#[derive(Serialize)]
struct ExplainedJson<'a> {
    advice: Option<Advice>,
    request: &'a RequestDetail,
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
        Err(failure) if wants_page => return unavailable(&frame, &failure),
        Err(_) => return problem(StatusCode::SERVICE_UNAVAILABLE, "the store is away"),
        Ok(None) if wants_page => return nothing(&frame),
        Ok(None) => {
            let error = "no request in this server's log has this rid";
            return problem(StatusCode::NOT_FOUND, error);
        }
        Ok(Some(request)) => request,
    };
    let code = request.head.errcode.parse().ok().and_then(ErrorCode::from_number);
    let advice = code.map(|code| Advice::of(visit.lang, code));
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
