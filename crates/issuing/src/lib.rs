//! Floor 2: the built-in issuer, and the paper that invoices are printed on.
//!
//! [`BuiltInIssuer`] gives an invoice its number ([`numbers`]) and, on the classic face, its check
//! code ([`check_code`]). [`PlainPaper`] lists an invoice's values on a [`pdf`] set in the embedded
//! [`font`].

mod built_in;
pub mod capitals;
pub mod category;
pub mod check_code;
pub mod font;
pub mod numbers;
mod paper;
pub mod pdf;
pub mod qr;

pub use built_in::BuiltInIssuer;
pub use paper::PlainPaper;

use kaipiao_domain::Timestamp;

/// A moment as clocks in China show it.
fn in_china(at: Timestamp) -> jiff::Zoned {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8)))
}
