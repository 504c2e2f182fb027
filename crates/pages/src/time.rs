//! Moments as people read them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// A moment as people in China read it.
pub(crate) fn china_time(unix_s: i64) -> String {
    let zone = TimeZone::fixed(Offset::constant(8));
    let moment = Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
    moment.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::china_time;

    #[test]
    fn moments_are_shown_as_in_china() {
        assert_eq!(china_time(1_767_196_800), "2026-01-01 00:00");
        assert_eq!(china_time(i64::MAX), "1970-01-01 08:00");
    }
}
