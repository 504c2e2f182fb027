//! Moments as China's clocks show them: UTC+8, without summer time since 1991.

use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};
use kaipiao_domain::Timestamp;

pub(crate) fn china() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

pub(crate) fn in_china(at: Timestamp) -> Zoned {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    instant.expect("the domain's clock is within jiff's ten thousand years").to_zoned(china())
}
