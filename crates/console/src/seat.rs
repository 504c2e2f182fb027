//! Who sits before a page, what they may see, and what they sent. Every route behind [`seated`] is for somebody who is
//! known, and every form that reaches a handler was made for them.

use crate::console::Console;
use crate::cookies::read_cookie;
use crate::frame::{CONSOLE_PATH, Frame, LOGIN_PATH, Who, login_address};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::Failure;
use kaipiao_app::access::{accounts, console_login};
use kaipiao_app::sandbox::Sandbox;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_pages::{
    CONSOLE_COOKIE, Form, FormRefused, Lang, read_form, refused, see_other, sso_value,
};
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

    /// The user's name, for the log; empty: nobody is known.
    pub(crate) fn name(&self) -> &str {
        self.frame.who.as_ref().map_or("", |who| &who.name)
    }

    /// What operators alone may see: to others it is not there.
    pub(crate) fn operators_alone(&self) -> Result<(), Response> {
        if self.role.is_operator() { Ok(()) } else { Err(self.frame.not_found()) }
    }

    /// Whether this user has the sandbox's controls.
    pub(crate) fn has_sandbox(&self, console: &Console) -> bool {
        console.sandbox.is_some() && self.role.is_operator()
    }

    /// What only a sandbox has, for operators alone.
    pub(crate) fn sandbox<'a>(&self, console: &'a Console) -> Result<&'a Sandbox, Response> {
        self.operators_alone()?;
        console.sandbox.as_deref().ok_or_else(|| self.frame.not_found())
    }

    /// Where the asked page of a listing begins; None: at the first entry.
    pub(crate) fn after(&self) -> Option<&str> {
        Some(self.query.get("after")).filter(|after| !after.is_empty())
    }

    /// The page for a failure: what was refused is the user's to mend; of anything else the log has the words.
    pub(crate) fn failed(&self, failure: &Failure) -> Response {
        if let Failure::Refused(refusal) = failure {
            let words = refused(self.frame.lang, refusal);
            return self.frame.notice(
                StatusCode::BAD_REQUEST,
                ("无法完成", "That can't be done"),
                (&words, &words),
            );
        }
        unavailable(&self.frame, failure)
    }
}

impl<S: Sync> FromRequestParts<S> for Seat {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // A route that is not behind the layer shows nothing to anybody.
        parts.extensions.get().cloned().ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

/// The name in a page's address; what is no text there is the address of nothing.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let seat = Seat::from_request_parts(parts, state).await?;
        let name = Path::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self(name)).map_err(|_| seat.frame.not_found())
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
    let here = page_of(&parts.method, &parts.uri);
    let of_form = (parts.method == Method::GET).then(|| page_of(&Method::POST, &parts.uri));
    let query = Form::parse(parts.uri.query().unwrap_or("").as_bytes());
    let name_space = console.name_space();
    let mut frame = Frame { lang, here, form_token: String::new(), who: None, name_space };
    let Known { who, role, mut tie } = match known(&console, &frame, &parts.headers).await {
        Ok(Some(known)) => known,
        Ok(None) if parts.method == Method::GET => return see_other(&login_address(&frame.here)),
        Ok(None) => return see_other(LOGIN_PATH),
        Err(response) => return response,
    };
    frame.who = Some(who);
    if let Some(name_space) = &frame.name_space {
        // Of one seed or one snapshot, two have the same keys: a form is for the name space that its page was of.
        tie = format!("{tie} in {name_space}");
    }
    frame.form_token = console_login::form_token(&console.app, &tie);
    let mut form = Form::default();
    if parts.method == Method::POST {
        form = match read_form(&parts.headers, body, &console.public_host).await {
            Ok(form) => form,
            Err(why) => return form_refused(&frame, why),
        };
        if !console_login::is_form_token(&console.app, &tie, form.get("form_token")) {
            return form_refused(&frame, FormRefused::Foreign);
        }
    }
    let seat = Seat { frame, role, query: Arc::new(query), form: Arc::new(form) };
    parts.extensions.insert(seat);
    let response = next.run(Request::from_parts(parts, Body::empty())).await;
    match of_form {
        // A form's address, which a refused form leaves in the browser, leads on to the form's page.
        Some(page) if response.status() == StatusCode::METHOD_NOT_ALLOWED => see_other(&page),
        _ => response,
    }
}

/// The page's address; of what a form does the page that the form is on, which a link can lead to: what is done stands
/// behind the page's address.
fn page_of(method: &Method, uri: &Uri) -> String {
    const DONE: [&str; 9] = [
        "secret",
        "contact",
        "pay",
        "callback",
        "test-push",
        "replay",
        "remove",
        "password",
        "forget",
    ];
    let here = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    if *method == Method::GET {
        return here;
    }
    match uri.path().rsplit_once('/') {
        // A user's own password has a page, and a job has none.
        _ if uri.path() == "/console/password" => here,
        _ if uri.path().starts_with("/console/sandbox/") => "/console/sandbox".to_owned(),
        Some((_, "pay-merchants")) => "/console/payments".to_owned(),
        Some((page, "run")) => page.rsplit_once('/').map_or(here, |(jobs, _)| jobs.to_owned()),
        Some((page, done)) if DONE.contains(&done) => page.to_owned(),
        Some((_, "logout")) => CONSOLE_PATH.to_owned(),
        _ => here,
    }
}

/// Somebody who is known.
struct Known {
    who: Who,
    role: ConsoleRole,
    /// What their forms are tied to.
    tie: String,
}

impl Known {
    fn new(name: &str, role: ConsoleRole, can_leave: bool, tie: String) -> Self {
        let who = Who { name: name.to_owned(), is_operator: role.is_operator(), can_leave };
        Self { who, role, tie }
    }
}

/// Who sits there: whom the proxy's signed header names, whoever has logged in, and in a sandbox anybody.
async fn known(
    console: &Console,
    frame: &Frame,
    headers: &HeaderMap,
) -> Result<Option<Known>, Response> {
    if let Some(value) = sso_value(&console.app, headers) {
        return match console_login::signed_on(&console.app, value) {
            Ok((name, role)) => {
                let tie = format!("sso {name}");
                Ok(Some(Known::new(name.as_str(), role, false, tie)))
            }
            Err(why) => {
                tracing::warn!(%why, "a signed header was refused by the console");
                Err(not_signed_on(frame))
            }
        };
    }
    let session = read_cookie(console, headers, CONSOLE_COOKIE).unwrap_or_default();
    match console_login::session_user(&console.app, &session).await {
        Ok(Some(user)) => Ok(Some(Known::new(user.name.as_str(), user.role, true, session))),
        Ok(None) if console.sandbox.is_some() => {
            Ok(Some(Known::new("sandbox", ConsoleRole::Operator, false, "sandbox".to_owned())))
        }
        Ok(None) => Ok(None),
        Err(failure) => Err(unavailable(frame, &failure)),
    }
}

fn not_signed_on(frame: &Frame) -> Response {
    frame.notice(
        StatusCode::UNAUTHORIZED,
        ("无法登录", "We couldn't log you in"),
        (
            "单点登录的信息无效或已过期，详情见服务日志。",
            "What your single sign-on says of you is not valid, or has expired; the server's log says why.",
        ),
    )
}

/// The page that says why a form was not taken.
pub(crate) fn form_refused(frame: &Frame, why: FormRefused) -> Response {
    let [headline, text] = why.says();
    frame.notice(why.status(), headline, text)
}

/// The store is away. The words are for people; the log has the store's.
fn unavailable(frame: &Frame, failure: &Failure) -> Response {
    tracing::error!(why = %failure, "a page of the console failed");
    frame.notice(
        StatusCode::SERVICE_UNAVAILABLE,
        ("系统繁忙", "The server is busy"),
        ("请稍后再试，详情见服务日志。", "Try again in a moment; the server's log says why."),
    )
}

#[cfg(test)]
mod tests {
    use super::page_of;
    use axum::http::Method;

    #[test]
    fn a_form_is_on_a_page_that_a_link_leads_to() {
        for (form, page) in [
            ("/console/accounts/wx1/test-push", "/console/accounts/wx1"),
            ("/console/accounts/wx1/fields", "/console/accounts/wx1/fields"),
            ("/console/pushes/wx1-7/replay", "/console/pushes/wx1-7"),
            ("/console/pushes/replay", "/console/pushes"),
            ("/console/jobs/7/run", "/console/jobs"),
            ("/console/users/bo/password", "/console/users/bo"),
            ("/console/users/bo", "/console/users/bo"),
            ("/console/password", "/console/password"),
            ("/console/invoices/offset?appid=wx1", "/console/invoices/offset?appid=wx1"),
            ("/console/logout", "/console"),
            ("/console/sandbox/snapshots/base/restore", "/console/sandbox"),
            ("/console/faults/forget", "/console/faults"),
            ("/console/pay-merchants", "/console/payments"),
        ] {
            assert_eq!(page_of(&Method::POST, &form.parse().unwrap()), page, "{form}");
        }
        let asked = "/console/users/contact?after=a";
        assert_eq!(page_of(&Method::GET, &asked.parse().unwrap()), asked);
    }
}
