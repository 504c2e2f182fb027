//! The PDF that invoices are inserted with.

use super::pdf::{showing, uploaded};
use kaipiao_tests::Client;

/// A PDF that shows an invoice's code and number.
pub fn pdf() -> Vec<u8> {
    showing("044032000211 62522141")
}

/// Its name, uploaded anew.
pub fn upload(platform: &Client<'_>) -> String {
    uploaded(platform, &pdf())
}
