//! The invoicing platform's side: its card templates, and the invoices that it inserts (wire_facts 1.1).

pub mod cards;
pub mod insert;
pub(crate) mod inserted_info;
pub mod templates;
pub mod update_status;
