//! Floor 4: the WeChat-shaped API, the admin API and the sandbox, as one axum router.
//!
//! A handler reads like the contract's section: extract the caller, read the body, call the use
//! case, write the answer. Everything that all of them share is in three files: `access` (who
//! calls), `body` (what they sent), `answer` (what they get).

mod access;
mod admin;
mod answer;
mod body;
mod guard;
mod routes;
mod s01_ticket;
mod s02_auth_url;
mod s07_auth_data;
mod s08_reject;
mod s09_set_biz_attr;
mod sandbox;
mod token;

pub use routes::{ROUTES, Route};
pub use sandbox::accounts_json;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::sandbox::SandboxClock;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// What the handlers work with.
#[derive(Clone)]
pub struct Server {
    /// The use cases.
    pub app: Arc<App>,
    /// What an operator chose.
    pub settings: Arc<HttpSettings>,
    /// Only in sandbox mode; production has no sandbox routes at all.
    pub sandbox: Option<Arc<SandboxClock>>,
}

/// What an operator chooses and this floor reads.
pub struct HttpSettings {
    /// A body may have so many bytes.
    pub body_limit_bytes: usize,
    /// So long a client may take to send its body.
    pub body_timeout: Duration,
    /// The admin API's bearer token; None: there is no admin API.
    pub admin_token: Option<String>,
    /// The Host names that are answered; None: any. A sandbox on loopback answers only its own
    /// names, so that a web page elsewhere cannot reach it by DNS rebinding.
    pub allowed_hosts: Option<Vec<String>>,
}

/// The whole API. `pages` are the floor's other half, merged in by the composition root so that
/// they pass the same guards.
pub fn router(server: Server, pages: Router) -> Router {
    let mut router = routes::merchant_api();
    if server.settings.admin_token.is_some() {
        router = router.merge(routes::admin_api());
    }
    if server.sandbox.is_some() {
        router = router.merge(routes::sandbox_api());
    }
    router
        .with_state(server.clone())
        .merge(pages)
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(server.clone(), answer::finish))
        .layer(from_fn_with_state(server, guard::check_host))
        .layer(from_fn(guard::harden))
}
