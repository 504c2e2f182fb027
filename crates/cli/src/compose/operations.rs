//! The address of metrics and probes alone (`metrics.listen`).

use super::error::ComposeError;
use crate::listen::{self, SocketLimits};
use crate::settings::Settings;
use axum::Router;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Connections at once: a scraper, a few probes, and somebody who looks by hand.
const CONNECTIONS: usize = 64;

/// What operators ask, before it is served.
pub(super) struct Operations {
    listener: TcpListener,
    router: Router,
    address: SocketAddr,
}

impl Operations {
    /// Listens where the settings say; None: they name no address of its own.
    pub(super) fn bind(settings: &Settings, router: Router) -> Result<Option<Self>, ComposeError> {
        let Some(address) = settings.metrics.address()? else { return Ok(None) };
        let failed = |error| ComposeError::Listen(address, error);
        let listener = listen::bind(address).and_then(|socket| socket.listen(listen::BACKLOG));
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Some(Self { listener, router, address }))
    }

    /// Serves until `stop` resolves, within the limits of every socket but for their number.
    pub(super) async fn serve(self, limits: SocketLimits, stop: impl Future<Output = ()>) {
        tracing::info!(address = %self.address, "metrics and probes are served here");
        let limits = SocketLimits {
            connections: CONNECTIONS,
            connections_per_address: CONNECTIONS,
            trusted_proxies: Vec::new(),
            ..limits
        };
        listen::serve(self.listener, None, self.router, limits, stop).await;
    }
}
