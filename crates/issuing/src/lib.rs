//! Floor 2: the built-in issuer, and the paper that invoices are printed on.
//!
//! [`BuiltInIssuer`] gives an invoice its number ([`numbers`]) and, on the classic face, its check
//! code ([`check_code`]). [`InvoicePaper`] draws the invoice's face as a list of operations, which
//! become a PDF or SVG, set in the embedded typeface and the machine's ([`font`]).

mod built_in;
pub mod capitals;
pub mod category;
pub mod check_code;
mod einvoice;
mod face;
pub mod font;
pub mod numbers;
mod paper;
mod pdf;
pub mod qr;
mod svg;

pub use built_in::{BuiltInIssuer, IssuerMarks};
pub use paper::InvoicePaper;

use kaipiao_domain::Timestamp;

/// A number without zeros at its end; nothing where there is none.
fn plain(number: Option<rust_decimal::Decimal>) -> String {
    number.map(|number| number.normalize().to_string()).unwrap_or_default()
}

/// A moment as clocks in China show it.
fn in_china(at: Timestamp) -> jiff::Zoned {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8)))
}
