//! The operator's API.

pub(crate) mod accounts;
pub(crate) mod invoices;
pub(crate) mod pushes;
