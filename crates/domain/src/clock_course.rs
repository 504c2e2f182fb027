//! How the sandbox's clock goes: from a base, at a rate of real time. It is set and scaled forward only; no
//! change ever turns it back (a restore begins another course).

use crate::time::Timestamp;
use core::time::Duration;

/// How fast the clock goes: thousandths of a millisecond that it shows for each real millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockRate(u32);

/// A day in each second.
const FASTEST: u32 = 86_400_000;

impl ClockRate {
    /// As fast as real time.
    pub const REAL: Self = Self(1000);
    /// The clock is stopped.
    pub const STOPPED: Self = Self(0);

    /// Of thousandths of real time; None: faster than a day in each second.
    pub const fn from_thousandths(thousandths: u32) -> Option<Self> {
        if thousandths <= FASTEST { Some(Self(thousandths)) } else { None }
    }

    /// In thousandths of real time.
    pub const fn thousandths(self) -> u32 {
        self.0
    }
}

/// The base and the rate of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockCourse {
    /// What the clock showed at the base.
    pub shown: Timestamp,
    /// The real moment of the base.
    pub real: Timestamp,
    /// How it goes on from there.
    pub rate: ClockRate,
}

/// The moment at which no clock goes on: 2100-01-01T00:00:00Z. The contract's dates and numbers of 10 digits hold until then.
pub const CLOCK_END: Timestamp = Timestamp::from_unix_millis(4_102_444_800_000);
/// The earliest moment that a clock is set to: 2000-01-01T00:00:00Z.
pub const CLOCK_BEGIN: Timestamp = Timestamp::from_unix_millis(946_684_800_000);

impl Default for ClockCourse {
    /// Real time.
    fn default() -> Self {
        Self { shown: Timestamp::default(), real: Timestamp::default(), rate: ClockRate::REAL }
    }
}

/// What is wanted of a clock; what is None stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockChange {
    /// Seconds to go forward by.
    pub advance_s: Option<u64>,
    /// The moment to show.
    pub set: Option<Timestamp>,
    /// The rate from now on.
    pub rate: Option<ClockRate>,
}

/// Why a clock is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockRefused {
    /// `set` is before what the clock shows, which is this.
    Back(Timestamp),
    /// `set` or `advance_s` leads beyond [`CLOCK_END`].
    BeyondEnd,
}

impl ClockCourse {
    /// What the clock shows at a real moment. Before its base, which is when real time was set back or another machine's is
    /// behind, it shows what it showed there: at a high rate a second back would be days.
    pub fn at(&self, real: Timestamp) -> Timestamp {
        let passed_ms = i128::from(real.unix_millis()) - i128::from(self.real.unix_millis());
        let gone_ms = passed_ms.max(0) * i128::from(self.rate.0) / 1000;
        let shown_ms = i128::from(self.shown.unix_millis()) + gone_ms;
        let bounded_ms = shown_ms.min(i128::from(CLOCK_END.unix_millis()));
        Timestamp::from_unix_millis(i64::try_from(bounded_ms).unwrap_or(i64::MIN))
    }

    /// This course, but for a clock that has shown this at a real moment: it does not go back behind it.
    #[must_use]
    pub fn not_before(self, shown: Timestamp, real: Timestamp) -> Self {
        if self.at(real) >= shown { self } else { Self { shown, real, ..self } }
    }

    /// The real time from a real moment until the clock shows `moment`: zero if it does already; None: it never
    /// will at this rate.
    pub fn real_until(&self, moment: Timestamp, real: Timestamp) -> Option<Duration> {
        let left_ms = moment.since(self.at(real)).as_millis();
        if left_ms == 0 {
            return Some(Duration::ZERO);
        }
        let rate = u128::from(self.rate.0);
        let is_never = rate == 0 || moment > CLOCK_END;
        let real_ms = (!is_never).then(|| (left_ms * 1000).div_ceil(rate))?;
        Some(Duration::from_millis(u64::try_from(real_ms).unwrap_or(u64::MAX)))
    }

    /// The course from `real` on, after a change.
    pub fn changed(&self, change: ClockChange, real: Timestamp) -> Result<Self, ClockRefused> {
        let now = self.at(real);
        // Whoever sets what it shows has seen whole seconds.
        let set = change.set.unwrap_or(now);
        if set.unix_seconds() < now.unix_seconds() {
            return Err(ClockRefused::Back(now));
        }
        let shown = set.max(now) + Duration::from_secs(change.advance_s.unwrap_or(0));
        if shown > CLOCK_END {
            return Err(ClockRefused::BeyondEnd);
        }
        Ok(Self { shown, real, rate: change.rate.unwrap_or(self.rate) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);

    fn rate(thousandths: u32) -> Option<ClockRate> {
        ClockRate::from_thousandths(thousandths)
    }

    fn after(course: &ClockCourse, real_ms: u64) -> u128 {
        course.at(NOW + Duration::from_millis(real_ms)).since(NOW).as_millis()
    }

    #[test]
    fn a_clock_goes_from_its_base_at_its_rate() {
        for (thousandths, real_ms, shown_ms) in
            [(0, 5_000, 0), (500, 5_000, 2_500), (1000, 5_000, 5_000), (60_000, 5_000, 300_000)]
        {
            let change = ClockChange { rate: rate(thousandths), ..ClockChange::default() };
            let course = ClockCourse::default().changed(change, NOW).unwrap();
            assert_eq!(after(&course, real_ms), shown_ms, "{thousandths}");
        }
    }

    #[test]
    fn a_clock_stands_at_its_base_while_real_time_is_before_it() {
        let fast = ClockCourse { shown: NOW, real: NOW, rate: rate(86_400_000).unwrap() };
        let before = Timestamp::from_unix_millis(NOW.unix_millis() - 1000);
        assert_eq!(fast.at(before), NOW);
    }

    #[test]
    fn no_change_turns_a_clock_back() {
        let course = ClockCourse::default();
        let back = ClockChange {
            set: Some(Timestamp::from_unix_millis(NOW.unix_millis() - 1)),
            ..ClockChange::default()
        };
        assert_eq!(course.changed(back, NOW), Err(ClockRefused::Back(NOW)));
        let fast = ClockChange { rate: rate(60_000), ..ClockChange::default() };
        let fast = course.changed(fast, NOW).unwrap();
        let later = NOW + Duration::from_secs(60);
        let slow = ClockChange { rate: rate(500), ..ClockChange::default() };
        assert_eq!(fast.changed(slow, later).unwrap().at(later), fast.at(later));
    }

    #[test]
    fn a_clock_that_has_shown_more_goes_on_from_there() {
        let course = ClockCourse { shown: NOW, real: NOW, rate: ClockRate::STOPPED };
        let (later, real) = (NOW + Duration::from_secs(60), NOW + Duration::from_secs(1));
        assert_eq!(course.not_before(NOW, real), course);
        let ahead = ClockCourse { shown: later, real, rate: ClockRate::STOPPED };
        assert_eq!(course.not_before(later, real), ahead);
    }

    #[test]
    fn a_clock_ends_and_no_number_overflows() {
        let course = ClockCourse { rate: rate(86_400_000).unwrap(), ..ClockCourse::default() };
        assert_eq!(course.at(Timestamp::from_unix_millis(i64::MAX)), CLOCK_END);
        let far = ClockChange { advance_s: Some(u64::MAX), ..ClockChange::default() };
        assert_eq!(ClockCourse::default().changed(far, NOW), Err(ClockRefused::BeyondEnd));
        assert_eq!(rate(86_400_001), None);
    }

    #[test]
    fn the_wait_for_a_moment_follows_the_rate() {
        let due = NOW + Duration::from_secs(60);
        for (thousandths, wait_ms) in
            [(0, None), (500, Some(120_000)), (1000, Some(60_000)), (7_000, Some(8_572))]
        {
            let change = ClockChange { rate: rate(thousandths), ..ClockChange::default() };
            let course = ClockCourse::default().changed(change, NOW).unwrap();
            let wait = course.real_until(due, NOW);
            assert_eq!(wait, wait_ms.map(Duration::from_millis), "{thousandths}");
            assert_eq!(course.real_until(NOW, NOW), Some(Duration::ZERO));
            if let Some(wait) = wait {
                assert!(course.at(NOW + wait) >= due, "{thousandths}");
            }
        }
    }
}
