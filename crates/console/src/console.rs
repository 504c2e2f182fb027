//! What the console works with.

use axum::http::Extensions;
use kaipiao_app::App;
use kaipiao_app::sandbox::Sandbox;
use std::net::IpAddr;
use std::sync::Arc;

/// The state of every page of the console.
#[derive(Clone)]
pub struct Console {
    /// The use cases.
    pub app: Arc<App>,
    /// What only a sandbox has, whose console opens without a login; None: it is a production.
    pub sandbox: Option<Arc<Sandbox>>,
    /// Do people reach this server by HTTPS? Then its cookies travel by nothing else.
    pub is_https: bool,
    /// Host and port of `public_base_url`, as a browser writes them.
    pub public_host: String,
    /// Every route of this server, as the request log names them.
    pub routes: Arc<[String]>,
    /// Whom a request is from, as the listening socket has said.
    pub client_address: fn(&Extensions) -> Option<IpAddr>,
}

impl Console {
    /// The sandbox's name space that this is; None: it is a production.
    pub(crate) fn name_space(&self) -> Option<String> {
        self.sandbox.as_ref().map(|sandbox| sandbox.name_space.clone())
    }
}
