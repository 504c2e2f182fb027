//! Moments as documents show them.

use jiff::Zoned;
use jiff::tz::{Offset, TimeZone};
use kaipiao_domain::Timestamp;

/// A moment as clocks in China show it.
pub(crate) fn in_china(at: Timestamp) -> Zoned {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(TimeZone::fixed(Offset::constant(8)))
}
