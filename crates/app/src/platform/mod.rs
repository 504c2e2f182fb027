//! The invoicing platform's side: its PDFs and card templates, and the invoices that it inserts (wire_facts 1.1).

pub mod cards;
pub mod collector;
pub(crate) mod files_owner;
pub mod insert;
pub mod inserted;
pub(crate) mod inserted_info;
pub mod pdfs;
pub(crate) mod stored_file;
pub mod templates;
pub mod update_status;
pub(crate) mod upload_tallies;
