//! Who sits before a page, what they may see, and what they sent. Every route behind [`seated`] is for somebody who is
//! known, and every form that reaches a handler was made for them.

use crate::console::Console;
use crate::frame::{Frame, Who};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::Failure;
use kaipiao_app::access::accounts;
use kaipiao_app::people::login;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_pages::{Form, FormRefused, Lang, read_form};
use std::sync::Arc;

/// Somebody who is known, before a page. An extractor: it is there on every route that the console guards.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) frame: Frame,
    /// What they may see and change.
    pub(crate) role: ConsoleRole,
    /// The parameters of the address.
    pub(crate) query: Arc<Form>,
    /// What their form holds; empty for a GET.
    pub(crate) form: Arc<Form>,
}

impl Seat {
    /// The account of that appid, if there is one that this user may see; the page for everything else.
    pub(crate) async fn account(
        &self,
        console: &Console,
        appid: &str,
    ) -> Result<Account, Response> {
        let appid = AppId::parse(appid).filter(|appid| self.role.sees(appid));
        let appid = appid.ok_or_else(|| self.frame.not_found())?;
        let found = accounts::find(&console.app, &appid).await;
        found.map_err(|failure| self.failed(&failure))?.ok_or_else(|| self.frame.not_found())
    }

    /// Where the asked page of a listing begins; None: at the first entry.
    pub(crate) fn after(&self) -> Option<&str> {
        Some(self.query.get("after")).filter(|after| !after.is_empty())
    }

    /// The page for a failure: what was refused is the user's to mend; of anything else the log has the words.
    pub(crate) fn failed(&self, failure: &Failure) -> Response {
        if let Failure::Refused(refusal) = failure {
            let words = refusal.to_string();
            return self.frame.notice(
                StatusCode::BAD_REQUEST,
                ("无法完成", "That can't be done"),
                (&words, &words),
            );
        }
        tracing::error!(why = %failure, "a page of the console failed");
        self.frame.notice(
            StatusCode::SERVICE_UNAVAILABLE,
            ("系统繁忙", "The server is busy"),
            ("请稍后再试，详情见日志。", "Try again in a moment; the log says why."),
        )
    }
}

impl<S: Sync> FromRequestParts<S> for Seat {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // A route that is not behind the layer shows nothing to anybody.
        parts.extensions.get().cloned().ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

/// Lets on whoever is known; everybody else is sent to log in. A form must have been made for who sends it.
pub(crate) async fn seated(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = Lang::of(&parts.headers);
    let here = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let query = Form::parse(parts.uri.query().unwrap_or("").as_bytes());
    let mut frame = Frame { lang, here, form_token: String::new(), who: None };
    let Some(Known { who, role, tie }) = known(&console) else {
        return frame.not_found();
    };
    frame.who = Some(who);
    frame.form_token = login::form_token(&console.app, &tie);
    let mut seat = Seat { frame, role, query: Arc::new(query), form: Arc::new(Form::default()) };
    if parts.method == Method::POST {
        match read_form(&parts.headers, body, &console.public_host).await {
            Ok(form) if !login::is_form_token(&console.app, &tie, form.get("form_token")) => {
                return foreign(&seat.frame);
            }
            Ok(form) => seat.form = Arc::new(form),
            Err(FormRefused::Foreign) => return foreign(&seat.frame),
            Err(FormRefused::Unreadable) => return unreadable(&seat.frame),
        }
    }
    parts.extensions.insert(seat);
    next.run(Request::from_parts(parts, axum::body::Body::empty())).await
}

/// Somebody who is known.
struct Known {
    who: Who,
    role: ConsoleRole,
    /// What their forms are tied to.
    tie: String,
}

/// Who sits there.
fn known(console: &Console) -> Option<Known> {
    let who = Who { name: "sandbox".to_owned(), is_operator: true, can_leave: false };
    let sandbox = Known { who, role: ConsoleRole::Operator, tie: "console sandbox".to_owned() };
    console.is_sandbox.then_some(sandbox)
}

fn foreign(frame: &Frame) -> Response {
    frame.notice(
        StatusCode::FORBIDDEN,
        ("请从本页面重新提交", "Please submit the form again"),
        (
            "表单已失效，或来自其他网站。请返回上一页，刷新后再试。",
            "The form has expired, or came from another site. Go back, reload the page and try again.",
        ),
    )
}

fn unreadable(frame: &Frame) -> Response {
    frame.notice(
        StatusCode::BAD_REQUEST,
        ("提交的内容无法读取", "We couldn't read what you sent"),
        (
            "内容过大或网络中断，请返回重试。",
            "It's too large, or the connection dropped. Go back and try again.",
        ),
    )
}
