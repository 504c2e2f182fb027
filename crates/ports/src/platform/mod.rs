//! Ports of the invoicing platform's files.

pub mod blobs;
pub mod pdf_reader;
