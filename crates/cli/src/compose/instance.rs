//! A whole server over one store, but for its socket: what a production is, and each name space of a sandbox.

use super::access::admin_token;
use super::error::ComposeError;
use super::home::{home, openapi};
use super::keys::keys_of;
use super::names::{as_browsers_write, own_names, public_base_url};
use super::own_addresses::{api_addresses, push_addresses};
use super::randomness::randomness;
use super::request_log::request_log;
use super::shared::Shared;
use super::use_cases::{Own, app_of, prepare_exchanged};
use crate::log_filter;
use crate::settings::{ModeName, Settings};
use crate::store::OpenStore;
use axum::Router;
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::faults::Faults;
use kaipiao_app::name_spaces::NameSpaces;
use kaipiao_app::sandbox::Sandbox;
use kaipiao_console::Console;
use kaipiao_domain::access::account::AppId;
use kaipiao_http::{
    CallLog, ClientAddress, HttpMetrics, HttpSettings, OpenApi, ROUTES, Server, call_paths,
    operations_router,
};
use kaipiao_pages::Pages;
use kaipiao_ports::clock::SystemClock;
use std::net::SocketAddr;
use std::sync::Arc;

/// A store with its use cases, and who answers.
pub(super) struct Instance {
    pub(super) app: Arc<App>,
    pub(super) router: Router,
    /// Metrics and probes alone.
    pub(super) operations: Router,
    pub(super) store: OpenStore,
    pub(super) sandbox: Option<Arc<Sandbox>>,
    calls: Arc<CallLog>,
}

/// Where an instance is reached, and as what.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) name: String,
    pub(super) name_spaces: Arc<dyn NameSpaces>,
    /// None: it begins anew.
    pub(super) before: Option<Before>,
}

/// What an instance goes on with of the one before it, but for an account's own.
pub(super) struct Before {
    faults: Arc<Faults>,
    calls: Arc<CallLog>,
    but_of: AppId,
}

impl Before {
    /// Of a sandbox that has stopped.
    pub(super) fn of(stopped: &Instance, but_of: AppId) -> Option<Self> {
        let faults = Arc::clone(&stopped.sandbox.as_ref()?.faults);
        Some(Self { faults, calls: Arc::clone(&stopped.calls), but_of })
    }
}

impl Instance {
    /// Checks a store that is open, and seeds it.
    pub(super) async fn over(
        store: OpenStore,
        settings: &Settings,
        site: Site,
        shared: &Shared,
    ) -> Result<Self, ComposeError> {
        let Site { address, name, name_spaces, before } = site;
        let keys = keys_of(settings, &*store.store).await?;
        let entropy = randomness(settings, &*store.store).await?;
        let clock = Arc::new(SystemClock::default());
        let domain_clock = Arc::<SystemClock>::clone(&clock);
        let request_log = request_log(settings, &store.node, Arc::<SystemClock>::clone(&clock));
        let own = Own { keys, entropy, request_log };
        let (app, faults) = app_of(settings, address, &store, domain_clock, own, shared)?;
        let app = Arc::new(app);
        let clock = prepare_exchanged(&app, settings, clock).await?;
        if let (Some(before), Some(faults)) = (&before, &faults) {
            faults.go_on_from(&before.faults, before.but_of.as_str());
        }
        let calls = match before {
            None => Arc::new(CallLog::new(call_paths())),
            Some(Before { calls, but_of, .. }) => {
                calls.forget(&but_of);
                calls
            }
        };
        let own =
            |(clock, faults)| Sandbox { clock, faults, name_space: name.clone(), name_spaces };
        let sandbox = clock.zip(faults).map(own).map(Arc::new);
        shared.connections.tell(&app);
        let http_settings = http_settings(settings, address)?;
        let has_admin = http_settings.admin_token.is_some();
        let openapi = Arc::new(openapi(settings, address, has_admin));
        let bodies = Arc::clone(&shared.bodies);
        let uploads = Arc::clone(&shared.uploads);
        let routes = ROUTES.iter().map(|route| route.path);
        let server = Server {
            metrics: Arc::new(HttpMetrics::new(&app, routes, &bodies, &uploads)),
            app: Arc::clone(&app),
            settings: Arc::new(http_settings),
            bodies,
            uploads,
            calls: Arc::clone(&calls),
            log: log_filter::running(),
            sandbox: sandbox.clone(),
            openapi: Arc::<OpenApi>::clone(&openapi),
            no_invoice_page: kaipiao_pages::no_invoice,
        };
        let base_url = public_base_url(settings, address);
        let (scheme, rest) = base_url.split_once("://").unwrap_or_default();
        let pages = Pages {
            app: Arc::clone(&app),
            is_sandbox: settings.mode == ModeName::Sandbox,
            is_https: scheme == "https",
            admin_token: admin_token(settings)?,
            public_host: as_browsers_write(scheme, rest.split('/').next().unwrap_or_default()),
        };
        let home = home(settings, address, has_admin, sandbox.as_ref().map(|_| &*name));
        let console = Console {
            app: Arc::clone(&app),
            sandbox: sandbox.clone(),
            is_https: pages.is_https,
            public_host: pages.public_host.clone(),
            routes: ROUTES
                .iter()
                .map(|route| route.path.to_owned())
                .chain(kaipiao_pages::paths())
                .collect(),
            client_address: |extensions| extensions.get().map(|ClientAddress(address)| *address),
        };
        let pages =
            kaipiao_pages::router(&home, openapi, pages).merge(kaipiao_console::router(console));
        let operations = operations_router(server.clone());
        let router = kaipiao_http::router(server, pages);
        Ok(Self { app, router, operations, store, sandbox, calls })
    }
}

fn http_settings(settings: &Settings, address: SocketAddr) -> Result<HttpSettings, ComposeError> {
    let guards_host = settings.is_closed_sandbox() || !settings.allowed_hosts.is_empty();
    Ok(HttpSettings {
        body_limit_bytes: settings.limits.body_bytes,
        body_timeout: Duration::from_millis(settings.limits.body_timeout_ms),
        admin_token: admin_token(settings)?,
        push_addresses: push_addresses(settings),
        api_addresses: api_addresses(settings, address),
        allowed_hosts: guards_host.then(|| own_names(settings, address)),
    })
}
