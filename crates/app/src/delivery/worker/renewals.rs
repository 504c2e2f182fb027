//! The claims that a worker holds, renewed by a task of its own: whatever the worker waits for, they go on.

use core::time::Duration;
use kaipiao_ports::delivery::claims::{ClaimToken, Queue};
use kaipiao_ports::store::Store;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

/// Real time until a claim lapses that nobody renews.
pub(super) const LAPSE: Duration = Duration::from_secs(15);
/// Real time between two renewals of what is under way.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(5);

/// How soon after one in vain it is tried again.
const RENEW_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Claims that are worked on.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Mutex<HashSet<ClaimToken>>>);

impl Held {
    pub(super) fn insert(&self, token: ClaimToken) {
        self.tokens().insert(token);
    }

    pub(super) fn remove(&self, token: ClaimToken) {
        self.tokens().remove(&token);
    }

    fn tokens(&self) -> MutexGuard<'_, HashSet<ClaimToken>> {
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
    let mut wait = pause;
    loop {
        tokio::time::sleep(wait).await;
        wait = pause;
        let tokens: Vec<ClaimToken> = held.tokens().iter().copied().collect();
        if tokens.is_empty() {
            continue;
        }
        match store.renew(&tokens, LAPSE).await {
            Ok(mut lapsed) => {
                // What was reported meanwhile is held no more.
                lapsed.retain(|token| held.tokens().contains(token));
                if !lapsed.is_empty() {
                    tracing::warn!(
                        lapsed = lapsed.len(),
                        queue = queue.name(),
                        "claims had lapsed"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(%error, queue = queue.name(), "claims could not be renewed");
                wait = pause.min(RENEW_AGAIN_AFTER);
            }
        }
    }
}
