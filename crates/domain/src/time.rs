//! Time as an argument: milliseconds since 1970 in UTC, from the Clock port.

use core::time::Duration;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// China has one time zone, UTC+8, without summer time since 1991.
const CHINA_OFFSET_S: i64 = 8 * 3600;
const DAY_S: i64 = 86_400;
/// How far a clock that is being set right may step back.
pub const CLOCK_STEP: Duration = Duration::from_secs(60);

impl Timestamp {
    /// The moment `ms` milliseconds after 1970.
    pub const fn from_unix_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970: the 10 digits that the contract writes (auth_time, CreateTime).
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The number of this moment's calendar day in China; quotas "per day" count by it.
    pub const fn china_day(self) -> i64 {
        (self.unix_seconds() + CHINA_OFFSET_S).div_euclid(DAY_S)
    }

    /// Whether the moment lies so far ahead of `now` that a clock must have been wrong when it was
    /// written. Clocks that are set right step back by less than [`CLOCK_STEP`].
    pub fn is_beyond(self, now: Self) -> bool {
        self.since(now) > CLOCK_STEP
    }

    /// How much later `self` is than `earlier`; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl core::ops::Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the end of time.
    fn add(self, life: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_china_begins_at_16_utc() {
        let before = Timestamp::from_unix_millis(1_767_196_799_999); // 2025-12-31T15:59:59.999Z
        let after = Timestamp::from_unix_millis(1_767_196_800_000); // 2026-01-01T00:00 in China
        assert_eq!(before.china_day() + 1, after.china_day());
    }

    #[test]
    fn a_small_step_of_the_clock_is_no_other_time() {
        let now = Timestamp::from_unix_millis(1_700_000_000_000);
        assert!(!(now + CLOCK_STEP).is_beyond(now) && !now.is_beyond(now + CLOCK_STEP));
        assert!((now + CLOCK_STEP + Duration::from_millis(1)).is_beyond(now));
        assert_eq!(
            Timestamp(i64::MAX).since(Timestamp(-1)),
            Duration::from_millis(i64::MAX.unsigned_abs())
        );
    }

    #[test]
    fn adding_never_wraps() {
        let end = Timestamp::from_unix_millis(i64::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(Timestamp::default().since(end), Duration::ZERO);
    }
}
