//! The invoicing platform's calls (wire_facts 1.1).

pub(crate) mod pdfs;
