//! Who waits in the sandbox for something to happen, and is told when anything has.

use std::sync::Arc;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Those who wait at once.
pub(crate) const MOST_WAITING: usize = 64;

/// What this node has committed, to those who wait: never what it was.
pub(crate) struct Changes {
    happened: Notify,
    places: Arc<Semaphore>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { happened: Notify::new(), places: Arc::new(Semaphore::new(MOST_WAITING)) }
    }
}

impl Changes {
    /// Something was committed.
    pub(crate) fn tell(&self) {
        self.happened.notify_waiters();
    }

    /// Resolves when something is committed from now on.
    pub(crate) fn next(&self) -> Notified<'_> {
        self.happened.notified()
    }

    /// A place among those who wait; None: all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }
}
