//! The claims that a worker holds: renewed by a task of its own, whatever the worker waits for, and known
//! by the time until which nobody else can have them.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use kaipiao_ports::delivery::claims::{ClaimToken, Queue};
use kaipiao_ports::store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::task::JoinSet;

/// Real time until a claim lapses that nobody renews.
pub(super) const LAPSE: Duration = Duration::from_secs(15);
/// Real time between two renewals of what is under way.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(5);

/// How soon after one in vain it is tried again.
const RENEW_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Claims that are worked on, each with the moment from which on somebody else may have it.
#[derive(Clone, Default)]
pub(super) struct Holds(Arc<Mutex<HashMap<ClaimToken, Instant>>>);

impl Holds {
    /// Holds a claim until what this returns is dropped.
    ///
    /// `asked_at`: before the store was asked for it, for its answer may have been under way for long.
    pub(super) fn take(&self, token: ClaimToken, asked_at: Instant) -> Hold {
        self.tokens().insert(token, asked_at + LAPSE);
        Hold { token, holds: self.clone() }
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<ClaimToken, Instant>> {
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

    /// Notes a renewal. Returns how many had lapsed.
    fn renewed(&self, tokens: &[ClaimToken], lapsed: &[ClaimToken], asked_at: Instant) -> usize {
        let mut held = self.tokens();
        // What was reported meanwhile is held no more.
        let mut note = |tokens: &[ClaimToken], until: Instant| {
            let mut noted = 0;
            for token in tokens {
                if let Some(held) = held.get_mut(token) {
                    *held = until;
                    noted += 1;
                }
            }
            noted
        };
        note(tokens, asked_at + LAPSE);
        note(lapsed, asked_at)
    }
}

/// A claim that is worked on.
pub(crate) struct Hold {
    token: ClaimToken,
    holds: Holds,
}

impl Hold {
    /// Goes on with what others can see as long as nobody else can have the claim; None: somebody may
    /// have done it meanwhile. A process that stood still, or whose store is away, finds out before it
    /// acts, not when it reports.
    pub(crate) async fn while_it_lasts<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| match self.lasts() {
            true => work.as_mut().poll(cx).map(Some),
            false => Poll::Ready(None),
        })
        .await
    }

    fn lasts(&self) -> bool {
        self.holds.tokens().get(&self.token).is_some_and(|until| Instant::now() < *until)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holds.tokens().remove(&self.token);
    }
}

#[expect(clippy::disallowed_methods, reason = "claims lapse in real time")]
async fn renew(holds: Holds, pause: Duration, queue: Queue, store: Arc<dyn Store>) {
    let mut wait = pause;
    loop {
        tokio::time::sleep(wait).await;
        wait = pause;
        let tokens: Vec<ClaimToken> = holds.tokens().keys().copied().collect();
        if tokens.is_empty() {
            continue;
        }
        let asked_at = Instant::now();
        match store.renew(&tokens, LAPSE).await {
            Ok(lapsed) => {
                let lapsed = holds.renewed(&tokens, &lapsed, asked_at);
                if lapsed > 0 {
                    tracing::warn!(lapsed, queue = queue.name(), "claims had lapsed");
                }
            }
            Err(error) => {
                tracing::warn!(%error, queue = queue.name(), "claims could not be renewed");
                wait = pause.min(RENEW_AGAIN_AFTER);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: i64) -> ClaimToken {
        ClaimToken { queue: Queue::Push, number, serial: 1 }
    }

    #[tokio::test]
    async fn what_others_may_have_meanwhile_is_not_begun() {
        let holds = Holds::default();
        let now = Instant::now();
        let work = async || "done";
        let lapsed =
            holds.take(token(1), now.checked_sub(LAPSE).expect("the machine runs for longer"));
        assert_eq!(lapsed.while_it_lasts(work()).await, None, "it was asked for long ago");
        let fresh = holds.take(token(2), now);
        assert_eq!(fresh.while_it_lasts(work()).await, Some("done"));
        assert_eq!(holds.renewed(&[token(1), token(2)], &[token(2), token(3)], now), 1);
        assert_eq!(lapsed.while_it_lasts(work()).await, Some("done"), "it was renewed");
        assert_eq!(fresh.while_it_lasts(work()).await, None, "the store says so");
        drop((lapsed, fresh));
        assert!(holds.tokens().is_empty());
    }

    #[tokio::test]
    async fn what_lapses_while_it_is_under_way_goes_on_no_further() {
        let holds = Holds::default();
        let hold = holds.take(token(1), Instant::now());
        let work = async {
            holds.renewed(&[], &[token(1)], Instant::now());
            tokio::task::yield_now().await;
            unreachable!("it goes on");
        };
        assert_eq!(hold.while_it_lasts(work).await, None);
    }
}
