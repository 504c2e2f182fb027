//! The Clock port. What the domain calls "now" comes from here (D-106).

use core::sync::atomic::{AtomicU64, Ordering};
use kaipiao_domain::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time that rules the domain: tokens, tickets, links, authorizations.
pub trait Clock: Send + Sync + 'static {
    /// The moment that counts as now.
    fn now(&self) -> Timestamp;

    /// The real moment: sessions and signed logins do not move with the sandbox's clock.
    fn real_now(&self) -> Timestamp;
}

/// The machine's clock plus an offset that the sandbox can move forward. Production never moves it.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_ms: AtomicU64,
}

impl SystemClock {
    /// Makes the clock run at least so far ahead; it never goes back, in whatever order calls come. True: it
    /// did not run so far ahead before.
    pub fn run_ahead(&self, offset: Duration) -> bool {
        let offset_ms = u64::try_from(offset.as_millis()).unwrap_or(u64::MAX);
        self.offset_ms.fetch_max(offset_ms, Ordering::Relaxed) < offset_ms
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.real_now() + Duration::from_millis(self.offset_ms.load(Ordering::Relaxed))
    }

    fn real_now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the port")]
        let now = SystemTime::now();
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp::from_unix_millis(millis(since_1970))
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
