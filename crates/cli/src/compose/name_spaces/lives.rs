//! Name spaces that were made for a while are removed when it is over, in real time: by the start, and from then on by a worker.

use super::changes::{remove, to_its_end};
use super::registry::{Known, LIFE_IS_OVER, NOT_REMOVED, Registry};
use core::time::Duration;
use kaipiao_app::name_spaces::NotDone;
use std::sync::Arc;

/// How often it is looked whose life is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So long nothing is tried after a removal that failed: its folder will not let go of its name at once.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Removes name spaces whose life is over, until `end` resolves. A removal that has begun goes on to its end.
pub(in super::super) async fn end_lives(registry: Arc<Registry>, end: impl Future<Output = ()>) {
    let ending = async {
        let mut wait = LOOK_EVERY;
        loop {
            pause(wait).await;
            wait = if end_those_over(&registry).await { LOOK_EVERY } else { AFTER_FAILURE };
        }
    };
    tokio::select! {
        () = end => {}
        () = ending => {}
    }
}

/// False: one could not be removed.
async fn end_those_over(registry: &Arc<Registry>) -> bool {
    let mut all_are_gone = true;
    for (name, known) in registry.those_over() {
        match end_life(registry, &name, known).await {
            Ok(()) => tracing::info!(name_space = name, "{LIFE_IS_OVER}"),
            // Somebody else was faster.
            Err(NotDone::Unknown(_)) => {}
            Err(error) => {
                tracing::warn!(name_space = name, %error, "{NOT_REMOVED}");
                all_are_gone = false;
            }
        }
    }
    all_are_gone
}

async fn end_life(registry: &Arc<Registry>, name: &str, known: Known) -> Result<(), NotDone> {
    let (registry, name) = (Arc::clone(registry), name.to_owned());
    to_its_end(async move { remove(&registry, &name, &known).await }).await
}

#[expect(clippy::disallowed_methods, reason = "a life is real time")]
async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}
