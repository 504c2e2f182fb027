//! What a server does by itself over one store: it issues, sends pushes, follows the clock and cleans up.

use super::instance::Instance;
use core::time::Duration;
use kaipiao_app::delivery::dispatch;
use kaipiao_app::invoicing::issue;
use kaipiao_app::maintenance;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Tasks that go on until they are told to end.
pub(super) struct Workers {
    /// Dropped when they shall end.
    go_on: watch::Sender<()>,
    tasks: JoinSet<()>,
    one_has_ended: Arc<Notify>,
}

impl Workers {
    /// None yet. `one_has_ended` is told when one of them ends by itself.
    pub(super) fn new(one_has_ended: &Arc<Notify>) -> Self {
        let (go_on, _) = watch::channel(());
        Self { go_on, tasks: JoinSet::new(), one_has_ended: Arc::clone(one_has_ended) }
    }

    /// Those of a store.
    pub(super) fn of(instance: &Instance, one_has_ended: &Arc<Notify>) -> Self {
        let mut workers = Self::new(one_has_ended);
        let app = || Arc::clone(&instance.app);
        workers.spawn(|end| issue::run(app(), end));
        workers.spawn(|end| dispatch::run(app(), end));
        if let Some(sandbox) = &instance.sandbox {
            let (sandbox, app) = (Arc::clone(sandbox), app());
            workers.spawn(|end| async move { sandbox.clock.follow(&app, end).await });
        }
        let app = app();
        workers.spawn(|end| async move { maintenance::run(&app, end).await });
        workers
    }

    /// Starts one, which gets what resolves when it shall end.
    pub(super) fn spawn<W: Future<Output = ()> + Send + 'static>(
        &mut self,
        work: impl FnOnce(End) -> W,
    ) {
        let told = self.go_on.subscribe();
        let guard = Ending { told: told.clone(), one_has_ended: Arc::clone(&self.one_has_ended) };
        let work = work(Box::pin(until(told)));
        self.tasks.spawn(async move {
            let _guard = guard;
            work.await;
        });
    }

    /// Lets them finish what is under way, for so long; then it is broken off, and what was not completed is offered
    /// again when the store is opened next. False: something was broken off.
    pub(super) async fn end(self, within: Duration) -> bool {
        let Self { go_on, mut tasks, .. } = self;
        drop(go_on);
        let finish = async { while tasks.join_next().await.is_some() {} };
        let is_finished = tokio::time::timeout(within, finish).await.is_ok();
        tasks.shutdown().await;
        is_finished
    }
}

/// Resolves when a worker shall end.
pub(super) type End = core::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

async fn until(mut told: watch::Receiver<()>) {
    // An error: the sender is gone, which is what is waited for.
    while told.changed().await.is_ok() {}
}

/// Notices the end of a worker, in order or by a panic.
struct Ending {
    told: watch::Receiver<()>,
    one_has_ended: Arc<Notify>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let was_told = self.told.has_changed().is_err();
        if !was_told {
            // Requests would be taken, and nothing become of them.
            self.one_has_ended.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the end of a worker is told.
    async fn is_told<W: Future<Output = ()> + Send + 'static>(
        work: impl FnOnce(End) -> W,
        is_ended: bool,
    ) -> bool {
        let one_has_ended = Arc::new(Notify::new());
        let mut workers = Workers::new(&one_has_ended);
        workers.spawn(work);
        if is_ended {
            assert!(workers.end(Duration::from_secs(10)).await);
        } else {
            while workers.tasks.join_next().await.is_some() {}
        }
        let told = tokio::time::timeout(Duration::from_millis(1), one_has_ended.notified());
        told.await.is_ok()
    }

    #[tokio::test]
    async fn a_worker_that_ends_by_itself_is_noticed_and_one_that_was_told_is_not() {
        assert!(is_told(|_| async {}, false).await);
        assert!(is_told(|_| async { panic!("as a worker can") }, false).await);
        assert!(!is_told(|end| end, true).await);
    }
}
