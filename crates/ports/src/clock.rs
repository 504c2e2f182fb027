//! The Clock port. What the domain calls "now" comes from here (D-106).

use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::ClockCourse;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time that rules the domain: tokens, tickets, links, authorizations.
pub trait Clock: Send + Sync + 'static {
    /// The moment that counts as now.
    fn now(&self) -> Timestamp;

    /// The real moment: sessions and signed logins do not move with the sandbox's clock.
    fn real_now(&self) -> Timestamp;

    /// How long it really takes until this moment is now: zero if it is over, None if the clock never gets there as it
    /// goes.
    fn real_until(&self, moment: Timestamp) -> Option<Duration> {
        Some(moment.since(self.now()))
    }
}

/// The machine's clock, or a course that the sandbox gives it. Production never does.
#[derive(Debug, Default)]
pub struct SystemClock {
    course: RwLock<ClockCourse>,
}

impl SystemClock {
    /// How the clock goes.
    pub fn course(&self) -> ClockCourse {
        *self.course.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it go another way from now on.
    pub fn follow(&self, course: ClockCourse) {
        *self.course.write().unwrap_or_else(PoisonError::into_inner) = course;
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.course().at(self.real_now())
    }

    fn real_now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the port")]
        let now = SystemTime::now();
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp::from_unix_millis(millis(since_1970))
    }

    fn real_until(&self, moment: Timestamp) -> Option<Duration> {
        self.course().real_until(moment, self.real_now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::clock_course::ClockRate;

    #[test]
    fn a_clock_without_a_course_shows_real_time_and_a_stopped_one_its_base() {
        let clock = SystemClock::default();
        let (before, now, after) = (clock.real_now(), clock.now(), clock.real_now());
        assert!(before <= now && now <= after);
        let shown = Timestamp::from_unix_millis(1_800_000_000_000);
        clock.follow(ClockCourse { shown, real: after, rate: ClockRate::STOPPED });
        assert_eq!(clock.now(), shown);
        assert_eq!(clock.real_until(shown + Duration::from_secs(1)), None);
    }
}
