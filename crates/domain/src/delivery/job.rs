//! When a job that failed is tried again: with growing pauses, then no more.

use crate::Timestamp;
use core::time::Duration;

/// Pauses after the failures of a job; after one more failure it is set aside. Together they last
/// for half a day: longer than a bad release, shorter than anybody waits for an invoice.
const PAUSES_S: [u64; 8] = [1, 5, 30, 120, 600, 3600, 10_800, 21_600];

/// What happens to a job after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterJobFailure {
    /// It is tried again at this moment.
    Retry(Timestamp),
    /// It waits for somebody to run it again.
    SetAside,
}

/// Decides what follows the `failures`-th failure (from 1) of a job.
pub fn after_job_failure(failures: u32, now: Timestamp) -> AfterJobFailure {
    let before = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    match PAUSES_S.get(before) {
        Some(pause_s) => AfterJobFailure::Retry(now + Duration::from_secs(*pause_s)),
        None => AfterJobFailure::SetAside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_then_it_is_set_aside() {
        let now = Timestamp::from_unix_millis(1000);
        let mut before = now;
        for failures in 1..=8 {
            let AfterJobFailure::Retry(due) = after_job_failure(failures, now) else {
                panic!("set aside after {failures}")
            };
            assert!(due > before);
            before = due;
        }
        assert_eq!(after_job_failure(9, now), AfterJobFailure::SetAside);
        assert_eq!(after_job_failure(u32::MAX, now), AfterJobFailure::SetAside);
    }
}
