//! Floor 4: what people see. Server-rendered, no script, no request to anywhere else.

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kaipiao_app::sandbox::{DemoAccount, DemoUser};
use std::sync::Arc;

/// A route as the home page lists it.
#[derive(Clone, Copy, Debug)]
pub struct RouteRow {
    /// `GET`, `POST`, or both.
    pub methods: &'static str,
    /// The path.
    pub path: &'static str,
    /// The contract's section, or whose it is.
    pub section: &'static str,
    /// What it does.
    pub what: &'static str,
}

/// The home page: what runs here.
#[derive(Clone, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// The program's version.
    pub version: &'static str,
    /// Where this server is reached.
    pub base_url: String,
    /// Sandbox or production?
    pub is_sandbox: bool,
    /// Every route that is served.
    pub routes: Vec<RouteRow>,
    /// The demo accounts; none in production.
    pub accounts: &'static [DemoAccount],
    /// The demo users; none in production.
    pub users: &'static [DemoUser],
}

impl Home {
    /// A command that works as printed.
    fn try_it(&self) -> Option<String> {
        Some(token_curl(&format!("{}/", self.base_url), self.accounts.first()?))
    }
}

/// The `curl` line that fetches a token for an account; `home` ends in a slash.
pub fn token_curl(home: &str, account: &DemoAccount) -> String {
    format!(
        "curl '{home}cgi-bin/token?grant_type=client_credential&appid={}&secret={}'",
        account.appid, account.secret
    )
}

/// The pages.
pub fn router(home: Home) -> Router {
    let html: Arc<str> = home.render().expect("the home page has no part that can fail").into();
    Router::new()
        .route("/", get(move || async move { page(StatusCode::OK, &html) }))
        .fallback(not_found)
}

/// Styles stand in the page; nothing else may load or run.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

fn page(status: StatusCode, html: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ];
    (status, headers, html.to_owned()).into_response()
}

/// The published service has paths that this server does not have yet; say so, and where to look.
async fn not_found() -> Response {
    let text = "Nothing is served here. The home page / lists every route. 此地址不存在，首页列出了全部接口。\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
