//! Who asks for a page, and what they sent with it.

use crate::form::{Form, FormRefused, read_form};
use crate::lang::{Lang, cookie};
use crate::page::{Frame, notice, to_login};
use crate::pages::Pages;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::people::login;
use kaipiao_domain::people::user::User;
use url::Url;

/// The cookie that says who sits before the page.
pub(crate) const SESSION_COOKIE: &str = "kaipiao_session";
/// `https://`, a name of 253 and a port of 5.
const MAX_ORIGIN_BYTES: usize = 8 + 253 + 6;

/// A request for a page.
pub(crate) struct Visit {
    pub(crate) lang: Lang,
    pub(crate) uri: Uri,
    headers: HeaderMap,
    method: Method,
    body: Body,
}

/// A visit of somebody who is known.
pub(crate) struct UserVisit {
    pub(crate) user: User,
    pub(crate) frame: Frame,
    /// What their form holds; empty for a GET.
    pub(crate) form: Form,
}

impl Visit {
    pub(crate) fn of(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let lang = Lang::of(&parts.headers);
        Self { lang, uri: parts.uri, headers: parts.headers, method: parts.method, body }
    }

    /// The page's own address, as the browser knows it.
    pub(crate) fn address(&self) -> String {
        self.uri.path_and_query().map_or_else(String::new, ToString::to_string)
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let query = self.uri.query().unwrap_or("").as_bytes();
        let found = form_urlencoded::parse(query).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The origin of the page that has opened this one in a window, as that page has named it: what it may be told goes
    /// there alone. None: none is named, or it is none of an http or https address as a browser writes it
    /// (`location.origin`): a browser refuses to send a message to anything else.
    pub(crate) fn opener(&self) -> Option<String> {
        let named = self.parameter("origin");
        if named.len() > MAX_ORIGIN_BYTES {
            return None;
        }
        let url = Url::parse(&named).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        (is_web && url.origin().ascii_serialization() == named).then_some(named)
    }

    /// Where the asked page of a listing begins; None: at the first entry.
    pub(crate) fn after(&self) -> Option<String> {
        Some(self.parameter("after")).filter(|after| !after.is_empty())
    }

    /// The frame of a page for nobody in particular.
    pub(crate) fn frame(&self) -> Frame {
        Frame { here: self.address(), ..Frame::of_nobody(self.lang) }
    }

    /// Who visits; whoever is not known is sent to log in first. A form must belong to its cookie.
    pub(crate) async fn known(self, pages: &Pages) -> Result<UserVisit, Response> {
        let nobodys = self.frame();
        let away = |failure: Failure| unavailable(&nobodys, &failure);
        let here = self.address();
        let session = self.session(pages);
        let user = login::session_user(&pages.app, &session).await.map_err(away)?;
        let Some(user) = user else { return Err(to_login(&here)) };
        let frame = Frame {
            form_token: login::form_token(&pages.app, &session),
            user_name: user.name.clone(),
            may_switch: pages.is_sandbox,
            ..nobodys.clone()
        };
        if self.method != Method::POST {
            return Ok(UserVisit { user, frame, form: Form::default() });
        }
        let form = self.form(pages, &frame).await?;
        if !login::is_form_token(&pages.app, &session, form.get("form_token")) {
            return Err(form_refused(&frame, FormRefused::Foreign));
        }
        Ok(UserVisit { user, frame, form })
    }

    /// What a form holds. One that a page of another site has sent is refused.
    pub(crate) async fn form(self, pages: &Pages, frame: &Frame) -> Result<Form, Response> {
        let form = read_form(&self.headers, self.body, &pages.public_host).await;
        form.map_err(|why| form_refused(frame, why))
    }

    /// The cookie that says who visits; empty: there is none.
    pub(crate) fn session(&self, pages: &Pages) -> String {
        cookie(&self.headers, &pages.cookie_name(SESSION_COOKIE)).unwrap_or_default()
    }
}

fn form_refused(frame: &Frame, why: FormRefused) -> Response {
    let [headline, text] = why.says();
    notice(frame, why.status(), headline, text)
}

/// The store is away. The words are for people; the log has the store's.
pub(crate) fn unavailable(frame: &Frame, failure: &Failure) -> Response {
    tracing::error!(why = %failure, "a page failed");
    notice(
        frame,
        StatusCode::SERVICE_UNAVAILABLE,
        ("系统繁忙", "We're busy right now"),
        (
            "请稍后再试，已提交的内容不会丢失。",
            "Please try again in a moment. Nothing you confirmed has been lost.",
        ),
    )
}
