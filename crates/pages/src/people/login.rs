//! Who the user is: chosen in the sandbox, handed over by the embedding app in production.

use crate::lang::{LANG_COOKIE, Lang};
use crate::page::{Frame, encoded, html, local, notice, see_other, to_login};
use crate::pages::Pages;
use crate::visit::{SESSION_COOKIE, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kaipiao_app::people::login;
use kaipiao_app::people::login::LoginError;
use kaipiao_app::people::users;
use kaipiao_app::signed::LoginRefused;
use kaipiao_domain::people::user::{User, UserId};

#[derive(Template)]
#[template(path = "login.html")]
struct Chooser<'a> {
    frame: &'a Frame,
    users: &'a [User],
    next: &'a str,
    /// The next page's address; empty: this is the last.
    more: String,
}

/// Users on a page of the chooser.
const CHOICES: usize = 100;

/// `GET /login?next=`: the sandbox's people to choose from. With `token=` an embedding app's login.
pub(crate) async fn show(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let (next, token) = (visit.parameter("next"), visit.parameter("token"));
    // The page's own address, without the token.
    let frame = Frame { here: format!("/login?next={}", encoded(&next)), ..visit.frame() };
    if !token.is_empty() {
        return by_token(&pages, &frame, &visit.session(&pages), &token, &next).await;
    }
    if !pages.is_sandbox {
        return notice(
            &frame,
            StatusCode::UNAUTHORIZED,
            ("请从应用内打开", "Please open this from the app"),
            (
                "本页面需要知道你是谁。请返回应用，重新打开链接。",
                "This page needs to know who you are. Go back to the app and open the link again.",
            ),
        );
    }
    match users::list(&pages.app, visit.after().as_deref(), CHOICES).await {
        Ok(users) => {
            let here = format!("{}&after=", frame.here);
            let more = users.next.map(|after| here + &encoded(&after)).unwrap_or_default();
            html(StatusCode::OK, &Chooser { frame: &frame, users: &users.items, next: &next, more })
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// `POST /login {user, next}`: the sandbox's chooser.
pub(crate) async fn choose(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let frame = visit.frame();
    if !pages.is_sandbox {
        return notice(
            &frame,
            StatusCode::NOT_FOUND,
            ("请从应用内打开", "Please open this from the app"),
            ("这里不能选择用户。", "You can't choose a user here."),
        );
    }
    let before = visit.session(&pages);
    let form = match visit.form(&pages, &frame).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let user = match UserId::parse(form.get("user")) {
        Some(id) => users::find(&pages.app, &id).await,
        None => Ok(None),
    };
    match user {
        Ok(Some(user)) => enter(&pages, &frame, &before, &user.id, form.get("next")).await,
        Ok(None) => to_login(form.get("next")),
        Err(failure) => unavailable(&frame, &failure),
    }
}

async fn by_token(pages: &Pages, frame: &Frame, before: &str, token: &str, next: &str) -> Response {
    match login::log_in(&pages.app, token).await {
        Ok(user) => enter(pages, frame, before, &user, next).await,
        Err(LoginError::Failed(failure)) => unavailable(frame, &failure),
        Err(LoginError::Refused(why)) => {
            tracing::info!(%why, "a login was refused");
            let headline = match why {
                LoginRefused::Expired => ("登录已过期", "Your login has expired"),
                _ => ("无法登录", "We couldn't log you in"),
            };
            let text =
                ("请返回应用，重新打开链接。", "Go back to the app and open the link again.");
            notice(frame, StatusCode::UNAUTHORIZED, headline, text)
        }
    }
}

/// Ends the session that the browser had before, and begins one of this user.
async fn enter(pages: &Pages, frame: &Frame, before: &str, user: &UserId, next: &str) -> Response {
    if let Err(failure) = login::end_session(&pages.app, before).await {
        return unavailable(frame, &failure);
    }
    let (session, life_s) = login::new_session(&pages.app, user);
    let mut response = see_other(local(next));
    set_cookie(pages, &mut response, SESSION_COOKIE, &session, life_s);
    response
}

fn set_cookie(pages: &Pages, response: &mut Response, name: &str, value: &str, life_s: u64) {
    let secure = if pages.is_https { "; Secure" } else { "" };
    let name = pages.cookie_name(name);
    let text = format!("{name}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// `POST /logout`: forgets who sat before the page.
pub(crate) async fn leave(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let session = visit.session(&pages);
    let frame = match visit.known(&pages).await {
        Ok(known) => known.frame,
        Err(response) => return response,
    };
    if let Err(failure) = login::end_session(&pages.app, &session).await {
        return unavailable(&frame, &failure);
    }
    let nobodys = Frame { user_name: String::new(), here: "/login".to_owned(), ..frame };
    let mut response = notice(
        &nobodys,
        StatusCode::OK,
        ("已退出", "You're logged out"),
        ("需要时请从应用内重新打开链接。", "To come back, open a link from the app."),
    );
    set_cookie(&pages, &mut response, SESSION_COOKIE, "", 0);
    response
}

/// A year: a language is not chosen anew each day.
const LANGUAGE_LIFE_S: u64 = 365 * 86_400;

/// `GET /lang/{code}?next=`: remembers a language.
pub(crate) async fn language(
    State(pages): State<Pages>,
    PathNames(code): PathNames<String>,
    request: Request,
) -> Response {
    let next = Visit::of(request).parameter("next");
    let mut response = see_other(if next == "/" { "/" } else { local(&next) });
    if let Some(lang) = Lang::from_code(&code) {
        set_cookie(&pages, &mut response, LANG_COOKIE, lang.code(), LANGUAGE_LIFE_S);
    }
    response
}
