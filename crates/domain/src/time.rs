//! Time as an argument: milliseconds since 1970 in UTC, from the Clock port.

use core::time::Duration;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// China has one time zone, UTC+8, without summer time since 1991.
const CHINA_OFFSET_S: i64 = 8 * 3600;
const DAY_S: i64 = 86_400;
/// A clock that was right before may be set back by as much: what was issued in between still serves.
const CLOCK_STEP: Duration = Duration::from_secs(300);

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

    /// The number of this moment's calendar month in China, counted from the year 0; quotas "per month" count by it.
    pub const fn china_month(self) -> i64 {
        // Days since 0000-03-01: a year that begins in March has its leap day at its end.
        let days = self.china_day() + 719_468;
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        (days.div_euclid(146_097) * 400 + year_of_era) * 12 + 2 + month_from_march
    }

    /// Whether what claims to be from this moment was issued by a clock that was wrong: such a thing does
    /// not serve, or it would serve for as long as that clock was ahead.
    pub fn is_ahead_of(self, now: Self) -> bool {
        self > now + CLOCK_STEP
    }

    /// Whether what was issued at this moment for so long serves no more, or never has.
    pub fn is_over(self, life: Duration, now: Self) -> bool {
        now > self + life || self.is_ahead_of(now)
    }

    /// How much later `self` is than `earlier`; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
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
    fn adding_never_wraps() {
        let end = Timestamp::from_unix_millis(i64::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(Timestamp::default().since(end), Duration::ZERO);
    }

    #[test]
    fn a_clock_may_step_back_a_little() {
        let now = Timestamp::from_unix_millis(1_700_000_000_000);
        assert!(!(now + CLOCK_STEP).is_ahead_of(now));
        assert!((now + CLOCK_STEP + Duration::from_millis(1)).is_ahead_of(now));
        assert!(!Timestamp::default().is_ahead_of(now));
    }

    #[test]
    fn months_are_chinas() {
        let month = |ms| Timestamp::from_unix_millis(ms).china_month();
        // 1970-01-01, 2024-02-29 and 2026-12-31 23:59:59 in China, each with the next second or day.
        assert_eq!(month(0), 1970 * 12);
        assert_eq!(month(1_709_135_999_000), 2024 * 12 + 1);
        assert_eq!(month(1_709_222_400_000), 2024 * 12 + 2);
        assert_eq!(month(1_798_732_799_000), 2026 * 12 + 11);
        assert_eq!(month(1_798_732_800_000), 2027 * 12);
    }
}
