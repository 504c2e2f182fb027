//! How often an account has its quotas forgotten (wire_facts 2.2).

use crate::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;

/// Most times in a calendar month of China: of all calls' quotas, and of single calls' (D-214).
pub const CLEARS_PER_MONTH: u32 = 10;
/// See [`CLEARS_PER_MONTH`].
pub const PATH_CLEARS_PER_MONTH: u32 = 50;

/// The times that an account had its quotas forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaClears {
    /// The calendar month in China that `count` belongs to (`Timestamp::china_month`).
    pub month: i64,
    /// Count in that month.
    pub count: u32,
}

impl QuotaClears {
    /// Once more; 48006 when the month's, `most`, are used up.
    pub fn once_more(self, most: u32, now: Timestamp) -> Result<Self, Refusal> {
        let month = now.china_month();
        let count = if self.month == month { self.count } else { 0 };
        if count >= most {
            let detail = format!("it was done {most} times in this month of China");
            return Err(Refusal::new(ErrorCode::ClearQuotaLimit, detail));
        }
        Ok(Self { month, count: count + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_a_month() {
        // 2026-11-30 23:59:59 in China.
        let last = Timestamp::from_unix_millis(1_796_054_399_000);
        let mut clears = QuotaClears::default();
        for _ in 0..CLEARS_PER_MONTH {
            clears = clears.once_more(CLEARS_PER_MONTH, last).unwrap();
        }
        let refusal = clears.once_more(CLEARS_PER_MONTH, last).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::ClearQuotaLimit);
        assert_eq!(clears.once_more(PATH_CLEARS_PER_MONTH, last).unwrap().count, 11);
        let next = last + core::time::Duration::from_secs(1);
        assert_eq!(clears.once_more(CLEARS_PER_MONTH, next).unwrap().count, 1);
    }
}
