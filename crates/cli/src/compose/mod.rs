//! Puts the parts together. The port opens only when the store is ready.

mod access;
mod error;
mod home;
mod issuers;
mod keys;
mod listening;
mod names;
mod operations;
mod own_addresses;
mod request_log;
mod use_cases;

pub(crate) use access::{admin_token, refuse_exposed_sandbox};
pub use error::ComposeError;
pub(crate) use issuers::outside_issuers;
pub(crate) use keys::keys_of;
pub use keys::{key_path, load_keys};
pub use listening::Listening;
pub(crate) use names::server_address;
pub(crate) use own_addresses::{api_addresses, push_addresses};
pub(crate) use use_cases::renderer;
pub use use_cases::{app, prepare};

use crate::connections::Connections;
use crate::fault::Fault;
use crate::listen::{self, SocketLimits};
use crate::log_filter;
use crate::settings::{ModeName, Settings};
use crate::store::OpenStore;
use crate::tls::ServedCertificate;
use core::time::Duration;
use home::{home, openapi};
use kaipiao_app::sandbox::Sandbox;
use kaipiao_console::Console;
use kaipiao_http::{
    BodyBudget, CallLog, ClientAddress, HttpMetrics, HttpSettings, OpenApiText, ROUTES, Server,
    call_paths, operations_router,
};
use kaipiao_pages::Pages;
use kaipiao_ports::clock::SystemClock;
use names::{as_browsers_write, certificate_names, own_names, public_base_url, unreachable_links};
use operations::Operations;
use std::net::SocketAddr;
use std::sync::Arc;

/// Opens the store, checks its metadata, seeds it, and only then listens.
pub async fn listen(settings: &Settings, fault: Option<&Fault>) -> Result<Listening, ComposeError> {
    refuse_exposed_sandbox(settings)?;
    // Again: --tls came after the file was checked.
    settings.check_tls()?;
    let store = OpenStore::open(settings, fault).await?;
    let listening = listen_over(settings, store.clone()).await;
    if listening.is_err() {
        store.close().await;
    }
    listening
}

async fn listen_over(settings: &Settings, store: OpenStore) -> Result<Listening, ComposeError> {
    let keys = keys_of(settings, &*store.store).await?;
    let socket_error = |error| ComposeError::Listen(settings.listen, error);
    // Bound here for its port, which links need; it does not listen before the store is ready.
    let socket = listen::bind(settings.listen).map_err(socket_error)?;
    let address = socket.local_addr().map_err(socket_error)?;
    if let Some(warning) = unreachable_links(settings, address) {
        tracing::warn!("{warning}");
    }
    let certificate = ServedCertificate::open(settings, || certificate_names(settings, address))?;
    let tls = certificate.as_ref().map(ServedCertificate::acceptor).transpose()?;

    let clock = Arc::new(SystemClock::default());
    let (app, faults) = app(settings, address, &store, Arc::<SystemClock>::clone(&clock), keys)?;
    let app = Arc::new(app);
    let clock = prepare(&app, settings, clock).await?;
    let sandbox = clock.zip(faults).map(|(clock, faults)| Arc::new(Sandbox { clock, faults }));
    let http_settings = http_settings(settings, address)?;
    let has_admin = http_settings.admin_token.is_some();
    let openapi = openapi(settings, address, has_admin);
    let bodies = Arc::new(BodyBudget::new(settings.limits.body_bytes));
    let uploads = Arc::new(BodyBudget::for_uploads());
    let routes = ROUTES.iter().map(|route| route.path);
    let server = Server {
        metrics: Arc::new(HttpMetrics::new(&app, routes, &bodies, &uploads)),
        app: Arc::clone(&app),
        settings: Arc::new(http_settings),
        bodies,
        uploads,
        calls: Arc::new(CallLog::new(call_paths())),
        log: log_filter::running(),
        sandbox: sandbox.clone(),
        openapi: Arc::new(OpenApiText::new(&openapi)),
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
    let console = Console {
        app: Arc::clone(&app),
        is_sandbox: pages.is_sandbox,
        is_https: pages.is_https,
        public_host: pages.public_host.clone(),
        client_address: |extensions| extensions.get().map(|ClientAddress(address)| *address),
    };
    let pages = kaipiao_pages::router(&home(settings, address, has_admin), &openapi, pages)
        .merge(kaipiao_console::router(console));
    let limits = SocketLimits {
        header_timeout: Duration::from_millis(settings.limits.header_timeout_ms),
        answer_timeout: Duration::from_millis(settings.limits.answer_timeout_ms),
        body_timeout: Duration::from_millis(settings.limits.body_timeout_ms),
        connections: settings.limits.connections,
        connections_per_address: settings.limits.connections_per_address,
        trusted_proxies: settings.trusted_proxies()?,
        shutdown: Duration::from_millis(settings.limits.shutdown_ms),
    };
    let connections = Connections::new(&app, limits.connections);
    let operations = Operations::bind(settings, operations_router(server.clone()))?;
    let listener = socket.listen(listen::BACKLOG).map_err(socket_error)?;
    let router = kaipiao_http::router(server, pages);
    let unready = Duration::from_millis(settings.limits.unready_ms);
    Ok(Listening {
        address,
        app,
        listener,
        router,
        limits,
        connections,
        tls,
        certificate,
        store,
        sandbox,
        operations,
        unready,
    })
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
