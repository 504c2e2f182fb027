//! Invoices that a platform has issued elsewhere (wire_facts 1.1).

pub mod blob_name;
pub mod pdf;
