//! Waiting for a server: polls with a pause in between, so that the wait takes nothing from what it waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two polls.
pub const PAUSE: Duration = Duration::from_millis(5);
/// What has not happened by then never will, on a loaded machine too.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Polls every 5 ms until there is a value; without one within [`PATIENCE`] the test fails and says
/// what it waited for.
pub fn wait_for<T>(what: &str, poll: impl FnMut() -> Option<T>) -> T {
    poll_within(PATIENCE, poll).unwrap_or_else(|| panic!("not within {PATIENCE:?}: {what}"))
}

/// [`wait_for`] a condition.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

/// Polls every 5 ms until there is a value, or the time is over.
pub fn poll_within<T>(limit: Duration, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = poll() {
            return Some(value);
        }
        if started.elapsed() > limit {
            return None;
        }
        pause();
    }
}

/// Lets time pass that nothing can be asked about.
pub fn let_pass(time: Duration) {
    poll_within(time, || None::<()>);
}

/// Sets a flag when it is dropped, by a panic too: a scope waits for its threads, which look at the flag.
pub struct Ends<'a>(pub &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "a poll without a pause would load what is tested")]
fn pause() {
    std::thread::sleep(PAUSE);
}
