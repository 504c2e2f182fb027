//! Floor 4: what people see. Server-rendered, phone first, in Chinese and English, with one style
//! and no script, and no request to anywhere else.
//!
//! A page is a file with its handlers and a template of the same name; `visit` says who asks and
//! what they sent, `page` what all pages share, `lang` in which language they speak.

mod authorization;
mod lang;
mod page;
mod people;

use askama::Template;
use authorization::s02_auth_url;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kaipiao_app::App;
use kaipiao_app::sandbox::{DemoAccount, DemoUser};
use kaipiao_wire::authorization::s02_auth_url::{MINI_PROGRAM_PATH, PAGE_PATH};
use people::{cards, login, messages, titles};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

/// What the pages work with.
#[derive(Clone)]
pub struct Pages {
    /// The use cases.
    pub app: Arc<App>,
    /// May people choose who they are?
    pub is_sandbox: bool,
    /// Do people reach this server by HTTPS? Then its cookies travel by nothing else.
    pub is_https: bool,
    /// Host and port of `public_base_url`, as a browser writes them.
    pub public_host: String,
}

/// The one style of all pages.
const STYLE: &str = include_str!("../assets/style.css");
/// Its address changes with its content: a browser keeps the one it has, and fetches a new one.
const STYLE_PATH: &str = "/style.css";
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let mut hash = DefaultHasher::new();
    STYLE.hash(&mut hash);
    format!("{STYLE_PATH}?v={:016x}", hash.finish())
});

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
    fn style(&self) -> &'static str {
        &STYLE_ADDRESS
    }

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
pub fn router(home: Home, pages: Pages) -> Router {
    let home: Arc<str> = home.render().expect("the home page has no part that can fail").into();
    let home = move || async move { page::html(StatusCode::OK, &Ready(&home)) };
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
        .route("/", get(home))
        .route(STYLE_PATH, get(style))
        .fallback(not_found)
}

/// A page that was rendered before.
#[derive(Template)]
#[template(source = "{{ self.0|safe }}", ext = "html")]
struct Ready<'a>(&'a str);

const STYLE_LIFE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, STYLE_LIFE),
    ];
    (headers, STYLE).into_response()
}

/// The published service has paths that this server does not have yet; say so, and where to look.
async fn not_found() -> Response {
    let text = "Nothing is served here. The home page / lists every route. 此地址不存在，首页列出了全部接口。\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
