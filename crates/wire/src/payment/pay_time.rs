//! WeChat Pay's times: `yyyyMMddHHmmss` in China (wire_facts 5.2).

use crate::china_time::{china, in_china};
use jiff::civil::DateTime;
use kaipiao_domain::Timestamp;

/// Writes a moment.
pub fn write(at: Timestamp) -> String {
    in_china(at).strftime("%Y%m%d%H%M%S").to_string()
}

/// Writes a moment as refunds have it: `yyyy-MM-dd HH:mm:ss`.
pub fn write_with_signs(at: Timestamp) -> String {
    in_china(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads a moment; None: it is none.
pub fn read(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let at = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?.to_zoned(china()).ok()?;
    Some(Timestamp::from_unix_millis(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_chinas_and_read_back() {
        let at = Timestamp::from_unix_millis(1_767_196_800_000); // 2026-01-01T00:00 in China
        assert_eq!(write(at), "20260101000000");
        assert_eq!(read("20260101000000"), Some(at));
        assert_eq!(write_with_signs(at), "2026-01-01 00:00:00");
        for bad in ["", "2026010100000", "20261301000000", "2026010100000x", "20260101000060x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
