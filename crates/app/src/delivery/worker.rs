//! What the dispatcher of pushes and the issuing of invoices have in common: they take what is due
//! from the store, work at it, and wait for more.
//!
//! A lease is taken when there is a free place for its work, never earlier: nothing waits in memory
//! with its lease running out. After a crash the store offers again what was not settled.

use crate::app::App;
use crate::failure::Failure;
use crate::settings::Concurrency;
use core::time::Duration;
use kaipiao_ports::delivery::outbox::LeaseAsk;
use kaipiao_ports::store::ReadError;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Hints can be lost, and other processes give none: a worker looks at least this often.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A lease outlives its work by this, so that a slow store does not make the work happen twice.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// Between two tries to tell a store that is away.
const TELL_AGAIN: Duration = Duration::from_millis(100);

/// A kind of work.
#[async_trait::async_trait]
pub trait Work: Send + Sync + 'static {
    /// One piece of it.
    type Item: Send + 'static;

    /// The use cases.
    fn app(&self) -> &App;

    /// How much of it is done at once.
    fn concurrency(&self) -> Concurrency;

    /// Wakes the worker.
    fn hint(&self) -> &Notify;

    /// Takes what is due; says when the next will be, in the domain's milliseconds.
    async fn lease(&self, ask: LeaseAsk) -> Result<(Vec<Self::Item>, Option<i64>), ReadError>;

    /// Does one piece, to the end.
    async fn work(&self, item: Self::Item);
}

/// Works until it is stopped.
pub struct Worker<W> {
    work: Arc<W>,
    running: JoinSet<()>,
}

impl<W: Work> Worker<W> {
    /// A worker at this.
    pub fn new(work: W) -> Self {
        Self { work: Arc::new(work), running: JoinSet::new() }
    }

    /// Runs until `stop` resolves; then takes no more, and lets what is running finish.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let wait = self.take().await;
            let work = Arc::clone(&self.work);
            let something_new = tokio::time::timeout(wait, work.hint().notified());
            tokio::select! {
                () = &mut stop => break,
                _ = something_new => {}
                Some(ended) = self.running.join_next() => ended_well(ended),
            }
            // Whatever else has ended meanwhile is one ask of the store, not one each.
            tokio::task::yield_now().await;
            while let Some(ended) = self.running.try_join_next() {
                ended_well(ended);
            }
        }
        while let Some(ended) = self.running.join_next().await {
            ended_well(ended);
        }
    }

    /// Starts work at what is due, as far as there are places. Returns how long there is nothing
    /// more to do, as far as is known.
    async fn take(&mut self) -> Duration {
        let Concurrency { time_limit, per_account, at_once } = self.work.concurrency();
        let limit = at_once.saturating_sub(self.running.len());
        if limit == 0 {
            return LOOK_EVERY;
        }
        let now_ms = self.work.app().now().unix_millis();
        let ask = LeaseAsk {
            now_ms,
            hold_for: time_limit + LEASE_MARGIN,
            limit,
            per_account,
            failing_at_once: (at_once / 2).max(1),
        };
        let (taken, next_due_ms) = match self.work.lease(ask).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::error!(%error, "nothing could be taken");
                return LOOK_EVERY;
            }
        };
        for item in taken {
            let work = Arc::clone(&self.work);
            self.running.spawn(async move { work.work(item).await });
        }
        let due_in_ms = next_due_ms.map(|due_ms| due_ms.saturating_sub(now_ms));
        let due_in = due_in_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        due_in.map_or(LOOK_EVERY, |due_in| due_in.min(LOOK_EVERY))
    }
}

fn ended_well(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        // Its lease lapses, and it is offered again.
        tracing::error!(%error, "a piece of work panicked");
    }
}

/// Tells the store until it has taken it, as long as the lease holds: what was done must not be
/// done again only because the store was away for a moment. None: it never took it.
pub(crate) async fn until_taken<T, Telling: Future<Output = Result<T, Failure>>>(
    what: &(dyn core::fmt::Display + Sync),
    tell: impl Fn() -> Telling,
) -> Option<T> {
    let started = Instant::now();
    while started.elapsed() < LEASE_MARGIN {
        match tell().await {
            Ok(told) => return Some(told),
            Err(error) => {
                tracing::warn!(%error, %what, "it could not be recorded yet");
                pause_before_telling_again().await;
            }
        }
    }
    tracing::error!(%what, "it was not recorded, and will be done again");
    None
}

#[expect(clippy::disallowed_methods, reason = "the store's recovery takes real time")]
async fn pause_before_telling_again() {
    tokio::time::sleep(TELL_AGAIN).await;
}
