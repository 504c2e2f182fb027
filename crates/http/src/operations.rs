//! What a server tells those who operate it, on an address of their own (`metrics.listen`).

use crate::server::Server;
use crate::{guard, health, metrics, probe_paths};
use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;

/// The metrics, to whoever reaches this address, and the two probes; nothing else.
pub fn operations_router(server: Server) -> Router {
    Router::new()
        .route(probe_paths::METRICS, get(metrics::open_metrics))
        .route(probe_paths::HEALTH, get(health::health))
        .route(probe_paths::READY, get(health::ready))
        .layer(map_response(|mut response: Response| async {
            guard::harden(&mut response);
            response
        }))
        .with_state(server)
}
