//! Logging in with a name and a password, and out again.

use crate::console::Console;
use crate::cookies::{LOGIN_COOKIE, read_cookie, set_cookie};
use crate::frame::{CONSOLE_PATH, Frame, LOGIN_PATH, html, login_address};
use crate::parts::{Flash, Tone};
use crate::seat::{Seat, form_refused};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kaipiao_app::access::console_login::{self, ConsoleLoginError};
use kaipiao_domain::access::console_user::ConsoleName;
use kaipiao_pages::{CONSOLE_COOKIE, Form, FormRefused, Lang, read_form, see_other};

/// How long a login's form may lie about before it is sent.
const FORM_LIFE_S: u64 = 3600;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    frame: &'a Frame,
    flash: Option<Flash>,
    name: &'a str,
    next: &'a str,
}

/// An address of the console to go on to; anything else leads to its start.
fn local(next: &str) -> &str {
    let rest = next.strip_prefix(CONSOLE_PATH);
    let is_console = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_clean = !next.contains(|c: char| c == '\\' || c.is_control());
    if is_console && is_clean { next } else { CONSOLE_PATH }
}

/// `GET /console/login?next=`
pub(crate) async fn show(State(console): State<Console>, request: Request) -> Response {
    let query = Form::parse(request.uri().query().unwrap_or("").as_bytes());
    let next = local(query.get("next"));
    let flash = (query.get("left") == "1").then_some(());
    let frame = nobodys(&console, request.headers(), next);
    let said = frame.t("已退出。", "You're logged out.");
    let flash = flash.map(|()| Flash::new(Tone::Good, said));
    asking(&console, frame, request.headers(), StatusCode::OK, flash, "", next)
}

/// `POST /console/login {name, password, next}`
pub(crate) async fn enter(State(console): State<Console>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let frame = nobodys(&console, &parts.headers, CONSOLE_PATH);
    let form = match read_form(&parts.headers, body, &console.public_host).await {
        Ok(form) => form,
        Err(why) => return form_refused(&frame, why),
    };
    let cookie = read_cookie(&console, &parts.headers, LOGIN_COOKIE).unwrap_or_default();
    let token = form.get("form_token");
    if cookie.is_empty() || !console_login::is_form_token(&console.app, &tie(&cookie), token) {
        return form_refused(&frame, FormRefused::Foreign);
    }
    let (name, next) = (form.get("name").trim(), local(form.get("next")));
    let address = (console.client_address)(&parts.extensions);
    let entered = console_login::log_in(&console.app, name, form.get("password"), address).await;
    let (status, words) = match entered {
        Ok(session) => {
            let mut response = see_other(next);
            set_cookie(&console, &mut response, CONSOLE_COOKIE, &session.cookie, session.life_s);
            return response;
        }
        Err(ConsoleLoginError::Wrong) => (
            StatusCode::UNAUTHORIZED,
            ("用户名或密码不正确。", "The name or the password is wrong."),
        ),
        Err(ConsoleLoginError::TooOften) => (
            StatusCode::TOO_MANY_REQUESTS,
            ("尝试次数过多，请 15 分钟后再试。", "Too many attempts. Try again in 15 minutes."),
        ),
        Err(ConsoleLoginError::Failed(failure)) => {
            tracing::error!(why = %failure, "a login to the console failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                ("系统繁忙，请稍后再试。", "The server is busy. Try again in a moment."),
            )
        }
    };
    let frame = nobodys(&console, &parts.headers, next);
    let flash = Flash::new(Tone::Bad, frame.t(words.0, words.1));
    asking(&console, frame, &parts.headers, status, Some(flash), name, next)
}

/// `POST /console/logout`: ends the user's sessions, in this browser and in every other.
pub(crate) async fn leave(State(console): State<Console>, seat: Seat) -> Response {
    let who = seat.frame.who.as_ref().filter(|who| who.can_leave);
    if let Some(name) = who.and_then(|who| ConsoleName::parse(&who.name))
        && let Err(failure) = console_login::log_out(&console.app, &name).await
    {
        return seat.failed(&failure);
    }
    let mut response = see_other(&format!("{LOGIN_PATH}?left=1"));
    set_cookie(&console, &mut response, CONSOLE_COOKIE, "", 0);
    response
}

fn nobodys(console: &Console, headers: &HeaderMap, next: &str) -> Frame {
    let (lang, here) = (Lang::of(headers), login_address(next));
    let name_space = console.name_space();
    Frame { lang, here, form_token: String::new(), who: None, name_space }
}

/// What a login's form is tied to.
fn tie(cookie: &str) -> String {
    format!("login {cookie}")
}

/// The form, tied to a cookie that the browser has or gets.
fn asking(
    console: &Console,
    mut frame: Frame,
    headers: &HeaderMap,
    status: StatusCode,
    flash: Option<Flash>,
    name: &str,
    next: &str,
) -> Response {
    let had = read_cookie(console, headers, LOGIN_COOKIE).filter(|cookie| !cookie.is_empty());
    let cookie =
        had.unwrap_or_else(|| format!("{:032x}", u128::from_be_bytes(console.app.random())));
    frame.form_token = console_login::form_token(&console.app, &tie(&cookie));
    let mut response = html(status, &Login { frame: &frame, flash, name, next });
    set_cookie(console, &mut response, LOGIN_COOKIE, &cookie, FORM_LIFE_S);
    response
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_login_leads_to_the_console_alone() {
        for good in ["/console", "/console/accounts?after=a", "/console?hour=1"] {
            assert_eq!(local(good), good);
        }
        for bad in ["", "/", "//evil.example", "/consolex", "/console\\x", "/console/\n", "https:"]
        {
            assert_eq!(local(bad), "/console", "{bad}");
        }
    }
}
