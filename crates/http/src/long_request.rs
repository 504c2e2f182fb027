//! Requests whose bodies take long to read and check.
//!
//! The threads that serve requests are few: one that is busy for milliseconds holds up everybody else.

use crate::answer::Failed;
use kaipiao_app::Failure;
use std::sync::LazyLock;
use std::thread::available_parallelism;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::{Instrument, Span};

/// A body that is longer is read and checked on a thread of its own: one of this length takes a tenth
/// of a millisecond, one of a mebibyte ten.
const LONG_BYTES: usize = 16 * 1024;

/// As many at once as there are processors: more would only take them from the short ones.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Whether a body is long.
pub(crate) const fn is_long(body_bytes: usize) -> bool {
    body_bytes > LONG_BYTES
}

/// Does a request's work on the thread that serves it, or, if its body is long, as [`run`] does.
pub(crate) async fn run_by_length<T: Send + 'static>(
    body_bytes: usize,
    work: impl Future<Output = Result<T, Failed>> + Send + 'static,
) -> Result<T, Failed> {
    if is_long(body_bytes) { run(work).await } else { work.await }
}

/// Does a long request's work on a thread that serves nobody else.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failed>> + Send + 'static,
) -> Result<T, Failed> {
    let damaged = |why: String| Failed(Failure::Damaged(why));
    let place = PLACES.acquire().await.map_err(|error| damaged(error.to_string()))?;
    let (runtime, span) = (Handle::current(), Span::current());
    let done = spawn_blocking(move || {
        // Held as long as it runs, also when the client has gone.
        let _place = place;
        runtime.block_on(work.instrument(span))
    });
    done.await.unwrap_or_else(|error| Err(damaged(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::{ThreadId, current};

    async fn thread_of(body_bytes: usize) -> ThreadId {
        let work = async {
            tokio::task::yield_now().await;
            Ok(current().id())
        };
        run_by_length(body_bytes, work).await.ok().expect("it does not fail")
    }

    #[tokio::test]
    async fn long_bodies_leave_the_thread_that_serves_requests() {
        assert_eq!(thread_of(LONG_BYTES).await, current().id());
        assert_ne!(thread_of(LONG_BYTES + 1).await, current().id());
    }

    #[tokio::test]
    async fn a_long_one_that_panics_fails_alone() {
        let work = async { panic!("a fault of ours") };
        assert!(run::<()>(work).await.is_err());
        assert_ne!(thread_of(LONG_BYTES + 1).await, current().id());
    }
}
