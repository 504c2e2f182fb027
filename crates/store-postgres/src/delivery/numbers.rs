//! Numbers of pushes and jobs, without a sequence that all commits would meet at: thirty-seconds of a millisecond
//! since 2026 by the database's clock, then 8 bits with the bucket, so that a number alone leads to its row.
//! They stay below 2^53 for thirty years, so JSON carries them. A number that somebody else took in the same moment
//! is a conflict, and tried again.

use crate::records::statements::STAMP;

/// 2026-01-01T00:00:00Z in microseconds.
const EPOCH_US: i64 = 1_767_225_600_000_000;

/// A number of this moment; `nth` tells apart those of one commit.
pub(crate) fn number_sql(bucket: &str, nth: &str) -> String {
    format!("((({STAMP} - {EPOCH_US}) * 32 / 1000 + {nth}) * 256 + {bucket})")
}
