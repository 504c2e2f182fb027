//! Every page, and where it is.

use crate::authorization::s02_auth_url;
use crate::home::{Home, RouteRow, home_route};
use crate::pages::Pages;
use crate::people::{cards, login, messages, titles};
use crate::style::{STYLE_PATH, style};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kaipiao_wire::authorization::s02_auth_url::{MINI_PROGRAM_PATH, PAGE_PATH};

const fn page_row(methods: &'static str, path: &'static str, what: &'static str) -> RouteRow {
    RouteRow { methods, path, section: "page", what }
}

/// The pages, as the home page lists them.
pub const PAGE_ROUTES: &[RouteRow] = &[
    page_row("GET POST", PAGE_PATH, "the authorization page: what auth_url opens"),
    page_row("GET POST", "/pages/auth/auth", "the same at a mini program's path"),
    page_row("GET POST", "/login", "who the user is: chosen in the sandbox, else token= and next="),
    page_row("GET", "/me/cards", "a user's wallet: their invoices"),
    page_row("GET", "/me/titles", "a user's title book"),
    page_row("GET", "/me/messages", "a user's service messages"),
];

/// The pages.
pub fn router(home: &Home, pages: Pages) -> Router {
    let authorize = get(s02_auth_url::page).post(s02_auth_url::page);
    Router::new()
        .route(PAGE_PATH, authorize.clone())
        .route(&format!("/{MINI_PROGRAM_PATH}"), authorize)
        .route("/login", get(login::show).post(login::choose))
        .route("/logout", post(login::leave))
        .route("/lang/{code}", get(login::language))
        .route("/me/cards", get(cards::list))
        .route("/me/cards/{name}", get(cards::show))
        .route("/me/titles", get(titles::list))
        .route("/me/titles/new", get(titles::new).post(titles::new))
        .route("/me/titles/{id}", get(titles::edit).post(titles::edit))
        .route("/me/titles/{id}/{what}", get(titles::back).post(titles::change))
        .route("/me/messages", get(messages::list))
        .with_state(pages)
        .merge(home_route(home))
        .route(STYLE_PATH, get(style))
        .fallback(not_found)
}

/// The published service has paths that this server does not have yet; say so, and where to look.
async fn not_found() -> Response {
    let text = "Nothing is served here. The home page / lists every route. 此地址不存在，首页列出了全部接口。\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
