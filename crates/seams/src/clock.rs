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
    /// A clock that runs `offset` ahead of the machine's.
    pub fn ahead_by(offset: Duration) -> Self {
        Self { offset_ms: AtomicI64::new(millis(offset)) }
    }

    /// Sets how far the clock runs ahead.
    pub fn set_offset(&self, offset: Duration) {
        self.offset_ms.store(millis(offset), Ordering::Relaxed);
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
