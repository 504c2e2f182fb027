//! The home page: what runs here, and every route.

use crate::lang::Lang;
use crate::page::{Frame, html};
use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use kaipiao_app::sandbox::{DEMO_MCH_KEY, DEMO_MCHID, DemoAccount, DemoUser};
use std::path::{Path, PathBuf};
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
    /// Its purpose.
    pub what: &'static str,
    /// The same in Chinese.
    pub what_zh: &'static str,
}

/// The home page: what runs here.
#[derive(Clone)]
pub struct Home {
    /// The program's version.
    pub version: &'static str,
    /// Where this server is reached.
    pub base_url: String,
    /// Whether this is a sandbox.
    pub is_sandbox: bool,
    /// The name space of a sandbox that is shown, where it is not the default one.
    pub name_space: Option<String>,
    /// The file of the authority that clients must trust; None: plain HTTP, or one that they trust already.
    pub authority: Option<PathBuf>,
    /// Every route that is served.
    pub routes: Vec<RouteRow>,
    /// The demo accounts; none in production.
    pub accounts: &'static [DemoAccount],
    /// The demo users; none in production.
    pub users: &'static [DemoUser],
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: &'a Frame,
    home: &'a Home,
}

impl HomePage<'_> {
    /// The demo pay merchant, and its key.
    fn pay_merchant(&self) -> (&'static str, &'static str) {
        (DEMO_MCHID, DEMO_MCH_KEY)
    }

    /// A command that works as printed.
    fn try_it(&self) -> Option<String> {
        let home = self.home;
        let account = home.accounts.first()?;
        Some(token_curl(&format!("{}/", home.base_url), account, home.authority.as_deref()))
    }
}

/// The `curl` line that fetches a token for an account; `home` ends in a slash. `authority` is the file that
/// curl must trust.
pub fn token_curl(home: &str, account: &DemoAccount, authority: Option<&Path>) -> String {
    let trusting = authority.map(|path| format!("{} ", cacert(path))).unwrap_or_default();
    format!(
        "curl {trusting}'{home}cgi-bin/token?grant_type=client_credential&appid={}&secret={}'",
        account.appid, account.secret
    )
}

/// What has `curl` trust the authority in this file, as a shell reads it.
pub fn cacert(authority: &Path) -> String {
    format!("--cacert '{}'", authority.display().to_string().replace('\'', r"'\''"))
}

/// `GET /`, rendered once in each language.
pub(crate) fn home_route(home: &Home) -> Router {
    let render = |lang| -> Arc<str> {
        let frame = Frame { here: "/".to_owned(), ..Frame::of_nobody(lang) };
        let page = HomePage { frame: &frame, home };
        page.render().expect("the home page has no part that can fail").into()
    };
    let (zh, en) = (render(Lang::Zh), render(Lang::En));
    let show = move |headers: HeaderMap| async move {
        html(StatusCode::OK, &Ready(Lang::of(&headers).t(&zh, &en)))
    };
    Router::new().route("/", get(show))
}

/// A page that was rendered before.
#[derive(Template)]
#[template(source = "{{ self.0|safe }}", ext = "html")]
pub(crate) struct Ready<'a>(pub(crate) &'a str);
