//! Moments as people read them.

use crate::lang::Lang;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A moment to the second as people in China read it.
pub fn china_moment(unix_s: i64) -> String {
    in_china(unix_s).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// When a day begins in China, in unix seconds; None: the text is no day as `2026-01-31`.
pub fn china_day_begins(day: &str) -> Option<i64> {
    let day: Date = day.parse().ok()?;
    let midnight = day.to_zoned(TimeZone::fixed(Offset::constant(8))).ok()?;
    Some(midnight.timestamp().as_second())
}

/// A moment as people in China read it.
pub(crate) fn china_time(unix_s: i64) -> String {
    in_china(unix_s).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A day as people in China read it.
pub fn china_day(unix_s: i64) -> String {
    in_china(unix_s).strftime("%Y-%m-%d").to_string()
}

/// The time of day as people in China read it.
pub fn china_clock(unix_s: i64) -> String {
    in_china(unix_s).strftime("%H:%M").to_string()
}

/// The time of day to the second as people in China read it.
pub(crate) fn china_seconds(unix_s: i64) -> String {
    in_china(unix_s).strftime("%H:%M:%S").to_string()
}

/// The day of a moment in China, as a phone shows it below its clock.
pub(crate) fn china_weekday(lang: Lang, unix_s: i64) -> String {
    const DAYS: [&str; 7] = ["日", "一", "二", "三", "四", "五", "六"];
    let moment = in_china(unix_s);
    let day = DAYS[usize::from(moment.weekday().to_sunday_zero_offset().unsigned_abs())];
    match lang {
        Lang::Zh => format!("{}月{}日 星期{day}", moment.month(), moment.day()),
        Lang::En => moment.strftime("%A, %-d %B").to_string(),
    }
}

/// The month of a moment in China, as a heading.
pub(crate) fn china_month(lang: Lang, unix_s: i64) -> String {
    let moment = in_china(unix_s);
    match lang {
        Lang::Zh => format!("{}年{}月", moment.year(), moment.month()),
        Lang::En => moment.strftime("%B %Y").to_string(),
    }
}

fn in_china(unix_s: i64) -> Zoned {
    let zone = TimeZone::fixed(Offset::constant(8));
    Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn moments_are_shown_as_in_china() {
        assert_eq!(china_time(1_767_196_800), "2026-01-01 00:00");
        assert_eq!(china_day(1_767_196_799), "2025-12-31");
        assert_eq!(china_time(i64::MAX), "1970-01-01 08:00");
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        assert_eq!(china_day_begins("2026-01-01"), Some(1_767_196_800));
        assert_eq!(china_moment(1_767_196_801), "2026-01-01 00:00:01");
        for bad in ["", "2026-13-01", "today", "9999999-01-01"] {
            assert_eq!(china_day_begins(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_phone_shows_time_and_day() {
        assert_eq!(china_clock(1_767_196_799), "23:59");
        assert_eq!(china_seconds(1_767_196_799), "23:59:59");
        for (unix_s, zh, en) in [
            (1_767_196_799, "12月31日 星期三", "Wednesday, 31 December"),
            (1_767_456_000, "1月4日 星期日", "Sunday, 4 January"),
        ] {
            assert_eq!(china_weekday(Lang::Zh, unix_s), zh);
            assert_eq!(china_weekday(Lang::En, unix_s), en);
        }
    }

    #[test]
    fn a_month_begins_at_midnight_in_china() {
        for (unix_s, zh, en) in [
            (1_767_196_799, "2025年12月", "December 2025"),
            (1_767_196_800, "2026年1月", "January 2026"),
        ] {
            assert_eq!(china_month(Lang::Zh, unix_s), zh);
            assert_eq!(china_month(Lang::En, unix_s), en);
        }
    }
}
