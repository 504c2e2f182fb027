//! The Clock seam. What the domain calls "now" comes from here (rulings, Sandbox).

use core::sync::atomic::{AtomicI64, Ordering};
use kaipiao_domain::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time that rules the domain: tokens, tickets, links, authorizations.
pub trait Clock: Send + Sync + 'static {
    /// The moment that counts as now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock plus an offset that the sandbox can move forward. Production never moves it.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_ms: AtomicI64,
}

impl SystemClock {
    /// Makes the clock run at least so far ahead; it never goes back, in whatever order calls come.
    pub fn run_ahead(&self, offset: Duration) {
        self.offset_ms.fetch_max(millis(offset), Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the seam")]
        let now = SystemTime::now();
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let offset_ms = self.offset_ms.load(Ordering::Relaxed);
        Timestamp::from_unix_millis(millis(since_1970).saturating_add(offset_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back() {
        let clock = SystemClock::default();
        clock.run_ahead(Duration::from_secs(100));
        let before = clock.now();
        clock.run_ahead(Duration::from_secs(50));
        assert!(clock.now() >= before);
    }
}
