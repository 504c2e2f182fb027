//! What the console works with.

use axum::http::Extensions;
use kaipiao_app::App;
use std::net::IpAddr;
use std::sync::Arc;

/// The state of every page of the console.
#[derive(Clone)]
pub struct Console {
    /// The use cases.
    pub app: Arc<App>,
    /// Whether it opens without a login.
    pub is_sandbox: bool,
    /// Do people reach this server by HTTPS? Then its cookies travel by nothing else.
    pub is_https: bool,
    /// Host and port of `public_base_url`, as a browser writes them.
    pub public_host: String,
    /// Every route of this server, as the request log names them.
    pub routes: Arc<[String]>,
    /// Whom a request is from, as the listening socket has said.
    pub client_address: fn(&Extensions) -> Option<IpAddr>,
}
