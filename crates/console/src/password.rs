//! One's own password, changed by whoever knows the present one.

use crate::console::Console;
use crate::cookies::set_cookie;
use crate::frame::{Frame, html};
use crate::parts::{Flash, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::console_login::{self, ConsoleLoginError};
use kaipiao_pages::{CONSOLE_COOKIE, refused, see_other};

/// Where it is changed.
pub(crate) const PATH: &str = "/console/password";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    frame: &'a Frame,
    name: &'a str,
    flash: Option<Flash>,
}

/// `GET /console/password`
pub(crate) async fn show(seat: Seat) -> Result<Response, Response> {
    let done = (seat.query.get("said") == "changed").then(|| {
        let words = seat.frame.t(
            "密码已修改，其他浏览器中的登录已失效。",
            "Your password is changed; you are logged out everywhere else.",
        );
        Flash::new(Tone::Good, words)
    });
    page(&seat, StatusCode::OK, done)
}

/// `POST /console/password {present, next}`
pub(crate) async fn change(
    State(console): State<Console>,
    seat: Seat,
    extensions: Extensions,
) -> Result<Response, Response> {
    let name = own_name(&seat)?;
    let address = (console.client_address)(&extensions);
    let passwords = (seat.form.get("present"), seat.form.get("next"));
    let changed = console_login::change_password(&console.app, name, passwords, address).await;
    let frame = &seat.frame;
    let (status, words) = match changed {
        Ok(session) => {
            let mut response = see_other(&format!("{PATH}?said=changed"));
            set_cookie(&console, &mut response, CONSOLE_COOKIE, &session.cookie, session.life_s);
            return Ok(response);
        }
        Err(ConsoleLoginError::Wrong) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            frame.t("当前密码不正确。", "The present password is wrong.").to_owned(),
        ),
        Err(ConsoleLoginError::TooOften) => (
            StatusCode::TOO_MANY_REQUESTS,
            frame
                .t(
                    "尝试次数过多，请 15 分钟后再试。",
                    "Too many attempts. Try again in 15 minutes.",
                )
                .to_owned(),
        ),
        Err(ConsoleLoginError::Failed(Failure::Refused(refusal))) => {
            (StatusCode::UNPROCESSABLE_ENTITY, refused(frame.lang, &refusal))
        }
        Err(ConsoleLoginError::Failed(failure)) => return Err(seat.failed(&failure)),
    };
    page(&seat, status, Some(Flash::new(Tone::Bad, words)))
}

/// The name of whoever has logged in here with a password; others have none to change.
fn own_name(seat: &Seat) -> Result<&str, Response> {
    let who = seat.frame.who.as_ref().filter(|who| who.can_leave);
    who.map(|who| who.name.as_str()).ok_or_else(|| seat.frame.not_found())
}

fn page(seat: &Seat, status: StatusCode, flash: Option<Flash>) -> Result<Response, Response> {
    let name = own_name(seat)?;
    Ok(html(status, &PasswordPage { frame: &seat.frame, name, flash }))
}
