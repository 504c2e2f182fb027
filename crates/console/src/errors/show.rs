//! One error code: what it means, what to do about it, and a request that is answered with it.

use crate::errors::address::PATH;
use crate::errors::list::in_language;
use crate::frame::{Frame, html};
use crate::requests::address::PATH as REQUESTS_PATH;
use crate::seat::{Named, Seat};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_errcode::{ErrorCode, Shown};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    number: i32,
    message: &'static str,
    /// What each is called, and it.
    texts: [(&'a str, &'static str); 3],
    shown: Option<Shown>,
    /// The requests that were answered with it.
    requests: String,
}

/// `GET /console/errors/{code}`
pub(crate) async fn show(Named(code): Named, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let code = code.parse().ok().and_then(ErrorCode::from_number);
    let code = code.ok_or_else(|| frame.not_found())?;
    let guide = code.guide();
    let text = |name, text| (name, in_language(frame, text));
    let page = ErrorPage {
        frame,
        path: PATH,
        number: code.number(),
        message: code.message(),
        texts: [
            text(frame.t("含义", "What happened"), guide.meaning),
            text(frame.t("开发者怎么办", "What an integrator does"), guide.integrator),
            text(frame.t("管理员怎么办", "What an operator does"), guide.operator),
        ],
        shown: guide.shown,
        requests: format!("{REQUESTS_PATH}?errcode={}", code.number()),
    };
    Ok(html(StatusCode::OK, &page))
}
