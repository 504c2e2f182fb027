//! The invoicing platform's calls (wire_facts 1.1).

pub(crate) mod cards;
pub(crate) mod insert;
pub(crate) mod pdfs;
pub(crate) mod update_status;
