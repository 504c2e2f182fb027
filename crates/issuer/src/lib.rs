//! The built-in issuer.
//!
//! [`BuiltInIssuer`] gives an invoice its number, out of the ranges that the merchant was allotted,
//! and on the classic face its check code.

mod built_in;
mod check_code;
mod numbers;

pub use built_in::{BuiltInIssuer, IssuerMarks};
pub use numbers::{DrawError, Numbers};
