//! Puts the parts together. The port opens only when the store is ready.

mod access;
mod error;
mod home;
mod instance;
mod issuers;
mod keys;
mod listening;
mod name_spaces;
mod names;
mod operations;
mod own_addresses;
mod randomness;
mod request_log;
mod shared;
mod use_cases;
mod workers;

pub(crate) use access::{admin_token, refuse_exposed_sandbox};
pub use error::ComposeError;
pub(crate) use issuers::outside_issuers;
pub(crate) use keys::keys_of;
pub use keys::{key_path, load_keys};
pub use listening::Listening;
pub(crate) use names::server_address;
pub(crate) use own_addresses::{api_addresses, push_addresses};
pub(crate) use shared::renderer;
pub use use_cases::{app, prepare};

use crate::fault::Fault;
use crate::listen::{self, SocketLimits};
use crate::settings::{ModeName, Settings};
use crate::store::OpenStore;
use crate::tls::ServedCertificate;
use core::time::Duration;
use names::{certificate_names, unreachable_links};
use operations::Operations;
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
    let socket_error = |error| ComposeError::Listen(settings.listen, error);
    // Bound here for its port, which links need; it does not listen before the store is ready.
    let socket = listen::bind(settings.listen).map_err(socket_error)?;
    let address = socket.local_addr().map_err(socket_error)?;
    if let Some(warning) = unreachable_links(settings, address) {
        tracing::warn!("{warning}");
    }
    let certificate = ServedCertificate::open(settings, || certificate_names(settings, address))?;
    let tls = certificate.as_ref().map(ServedCertificate::acceptor).transpose()?;

    let (name_spaces, running) = name_spaces::open(store.clone(), settings, address).await?;
    let limits = SocketLimits {
        header_timeout: Duration::from_millis(settings.limits.header_timeout_ms),
        answer_timeout: Duration::from_millis(settings.limits.answer_timeout_ms),
        body_timeout: Duration::from_millis(settings.limits.body_timeout_ms),
        connections: settings.limits.connections,
        connections_per_address: settings.limits.connections_per_address,
        trusted_proxies: settings.trusted_proxies()?,
        shutdown: Duration::from_millis(settings.limits.shutdown_ms),
    };
    let app = Arc::clone(&running.instance.app);
    let (router, operations) = match settings.mode {
        ModeName::Production => {
            (running.instance.router.clone(), running.instance.operations.clone())
        }
        ModeName::Sandbox => {
            name_spaces.open_known().await;
            let router = name_spaces::router(Arc::clone(&name_spaces));
            (router, name_spaces::operations(Arc::clone(&name_spaces)))
        }
    };
    let operations = Operations::bind(settings, operations)?;
    let listener = socket.listen(listen::BACKLOG).map_err(socket_error)?;
    let unready = Duration::from_millis(settings.limits.unready_ms);
    Ok(Listening {
        address,
        app,
        listener,
        router,
        limits,
        tls,
        certificate,
        store,
        name_spaces,
        operations,
        unready,
    })
}
