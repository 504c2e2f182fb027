//! Invoicing: taxpayers, requests, numbers.

pub mod content;
pub mod invoice_number;
pub mod invoice_request;
pub mod number_code;
pub mod number_gap;
pub mod number_range;
pub(crate) mod party;
pub mod taken_number;
pub mod taxpayer;
