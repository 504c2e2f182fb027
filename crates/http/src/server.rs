//! What the handlers work with.

use crate::budget::BodyBudget;
use crate::call_log::CallLog;
use crate::log_filter::LogFilter;
use crate::openapi::text::OpenApi;
use crate::request_metrics::HttpMetrics;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::sandbox::Sandbox;
use std::net::IpAddr;
use std::sync::Arc;

/// Whom a request is from: the other end of its connection, or whom a trusted proxy names. Whoever
/// accepts connections puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// The state of every handler.
#[derive(Clone)]
pub struct Server {
    /// The use cases.
    pub app: Arc<App>,
    /// The operator's settings.
    pub settings: Arc<HttpSettings>,
    /// The memory of bodies under way.
    pub bodies: Arc<BodyBudget>,
    /// The memory of files that are being uploaded.
    pub uploads: Arc<BodyBudget>,
    /// What requests are counted into.
    pub metrics: Arc<HttpMetrics>,
    /// The calls that accounts have made.
    pub calls: Arc<CallLog>,
    /// The process's log; None: it has none that can be changed.
    pub log: Option<Arc<dyn LogFilter>>,
    /// Only in sandbox mode; production has no sandbox routes at all.
    pub sandbox: Option<Arc<Sandbox>>,
    /// What `/openapi.json` answers.
    pub openapi: Arc<OpenApi>,
    /// The page that says to whoever opens an address in a browser that there is no invoice.
    pub no_invoice_page: NoInvoicePage,
}

impl Server {
    /// Sandbox routes exist only with a sandbox.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("sandbox routes exist only with a sandbox")
    }
}

/// 404 for a browser, in its user's language; None: a program asks, for which a line of text is enough.
pub type NoInvoicePage = fn(&Uri, &HeaderMap) -> Option<Response>;

/// What an operator chooses and this layer reads.
pub struct HttpSettings {
    /// Bytes that a body has at most.
    pub body_limit_bytes: usize,
    /// How long a client may take to send its body.
    pub body_timeout: Duration,
    /// The admin API's bearer token; None: there is no admin API.
    pub admin_token: Option<String>,
    /// The Host names that are answered; None: any. A sandbox on loopback answers only its own
    /// names, so that a web page elsewhere cannot reach it by DNS rebinding.
    pub allowed_hosts: Option<Vec<String>>,
    /// The addresses, and ranges of them, that pushes come from.
    pub push_addresses: Vec<String>,
    /// Those that this server is reached at.
    pub api_addresses: Vec<String>,
}
