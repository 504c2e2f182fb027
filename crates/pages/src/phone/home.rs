//! `/phone`: the home screen with the three apps.

use crate::page::{Frame, html};
use crate::pages::Pages;
use crate::phone::around::{Screen, screen};
use crate::phone::returned::Returned;
use crate::time::{china_clock, china_weekday};
use crate::visit::{UserVisit, Visit};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "phone_home.html")]
struct HomeScreen<'a> {
    frame: &'a Frame,
    clock: String,
    day: String,
}

/// `GET /phone`
pub(crate) async fn show(State(pages): State<Pages>, request: Request) -> Response {
    let UserVisit { frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let now_s = pages.app.now().unix_seconds();
    let day = china_weekday(frame.lang, now_s);
    let frame = screen(&pages, frame, &Screen::Home, None, &Returned::NotYet);
    html(StatusCode::OK, &HomeScreen { frame: &frame, clock: china_clock(now_s), day })
}
