//! Every page of the console, and where it is.

use crate::accounts;
use crate::assets::{SCRIPT_PATH, STYLE_PATH, script, style};
use crate::console::Console;
use crate::frame::{CONSOLE_PATH, LOGIN_PATH, see_other};
use crate::login;
use crate::seat::{Seat, seated};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use kaipiao_pages::RouteRow;

/// The console, as the home page lists it.
pub const CONSOLE_ROUTES: &[RouteRow] = &[RouteRow {
    methods: "GET POST",
    path: CONSOLE_PATH,
    section: "page",
    what: "the console: accounts and settings, with a login in production",
    what_zh: "控制台：账号与设置，正式环境需登录",
}];

/// The console.
pub fn router(console: Console) -> Router {
    let guarded = Router::new()
        .route(CONSOLE_PATH, get(start))
        .route("/console/accounts", get(accounts::list))
        .route("/console/logout", post(login::leave))
        .route("/console/{*rest}", get(nothing).post(nothing))
        .layer(from_fn_with_state(console.clone(), seated));
    Router::new()
        .route(STYLE_PATH, get(style))
        .route(SCRIPT_PATH, get(script))
        .route(LOGIN_PATH, get(login::show).post(login::enter))
        .merge(guarded)
        .with_state(console)
}

/// `GET /console`
async fn start(_: Seat) -> Response {
    see_other(accounts::PATH)
}

async fn nothing(seat: Seat) -> Response {
    seat.frame.not_found()
}
