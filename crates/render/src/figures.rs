//! Numbers as documents show them.

use rust_decimal::Decimal;

/// A number without zeros at its end; nothing where there is none.
pub(crate) fn plain(number: Option<Decimal>) -> String {
    number.map(|number| number.normalize().to_string()).unwrap_or_default()
}
