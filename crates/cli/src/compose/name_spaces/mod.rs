//! The name spaces of a sandbox: each is an instance over a store of its own. A production has its own one alone.

mod changes;
mod dispatch;
mod folder;
mod lives;
mod registry;
mod slot;
mod snapshots;

pub(super) use dispatch::{operations, router};
pub(super) use lives::end_lives;
pub(super) use registry::Registry;

use super::error::ComposeError;
use crate::settings::Settings;
use crate::store::OpenStore;
use changes::Changes;
use slot::Running;
use std::net::SocketAddr;
use std::sync::Arc;

/// The default name space over its open store, and those that were made before.
pub(super) async fn open(
    store: OpenStore,
    settings: &Settings,
    address: SocketAddr,
) -> Result<(Arc<Registry>, Arc<Running>), ComposeError> {
    Registry::over(store, settings, address, |late| Arc::new(Changes::new(late))).await
}
