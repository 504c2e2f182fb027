//! Invoicing: requests, invoices and their numbers, offset, query, the result (sections 14 to 16 and 19).

pub mod acceptance;
mod arithmetic;
pub mod content;
pub mod face;
pub mod invoice_document;
pub mod invoice_number;
pub mod invoice_request;
pub mod issue_failure;
pub mod issued_invoice;
pub mod line;
pub mod make_offset;
pub mod make_out;
pub mod merchant_code;
pub mod number_code;
pub mod party;
pub mod requests;
pub mod serial;
pub mod taxpayer;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
