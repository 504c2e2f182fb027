//! The claims that a worker holds, renewed by a task of its own: whatever the worker waits for, they go on.

use core::time::Duration;
use kaipiao_ports::delivery::claims::{ClaimToken, Queue};
use kaipiao_ports::store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::{Id, JoinSet};

/// Real time until a claim lapses that nobody renews.
pub(super) const LAPSE: Duration = Duration::from_secs(15);
/// Real time between two renewals of what is under way.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(5);

/// Claims, by the task that works on them.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashMap<Id, ClaimToken>>>);

impl Held {
    pub(super) fn insert(&self, id: Id, token: ClaimToken) {
        self.tokens().insert(id, token);
    }

    pub(super) fn remove(&self, id: Id) {
        self.tokens().remove(&id);
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<Id, ClaimToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews what is held until the set is dropped.
    pub(super) fn renew_each(
        &self,
        pause: Duration,
        queue: Queue,
        store: Arc<dyn Store>,
    ) -> JoinSet<()> {
        let mut renewing = JoinSet::new();
        renewing.spawn(renew(self.clone(), pause, queue, store));
        renewing
    }
}

#[expect(clippy::disallowed_methods, reason = "claims lapse in real time")]
async fn renew(held: Held, pause: Duration, queue: Queue, store: Arc<dyn Store>) {
    loop {
        tokio::time::sleep(pause).await;
        let tokens: Vec<ClaimToken> = held.tokens().values().copied().collect();
        if tokens.is_empty() {
            continue;
        }
        match store.renew(&tokens, LAPSE).await {
            Ok(lapsed) if lapsed.is_empty() => {}
            Ok(lapsed) => {
                tracing::warn!(lapsed = lapsed.len(), queue = queue.name(), "claims had lapsed")
            }
            Err(error) => {
                tracing::warn!(%error, queue = queue.name(), "claims could not be renewed")
            }
        }
    }
}
