//! The invoicing platform's files over HTTP (wire_facts 1.1).

mod backup;
mod bad_pdfs;
pub mod collector;
pub mod pdf;
mod uploads;
