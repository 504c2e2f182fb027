//! What the pages work with.

use crate::lang::HOST_ONLY;
use kaipiao_app::App;
use std::sync::Arc;

/// The state of every page.
#[derive(Clone)]
pub struct Pages {
    /// The use cases.
    pub app: Arc<App>,
    /// Whether people may choose who they are.
    pub is_sandbox: bool,
    /// Do people reach this server by HTTPS? Then its cookies travel by nothing else.
    pub is_https: bool,
    /// The admin API's bearer token; None: there is no admin API.
    pub admin_token: Option<String>,
    /// Host and port of `public_base_url`, as a browser writes them.
    pub public_host: String,
}

impl Pages {
    /// A cookie's name as browsers get it.
    pub(crate) fn cookie_name(&self, name: &str) -> String {
        format!("{}{name}", if self.is_https { HOST_ONLY } else { "" })
    }
}
