//! Invoices: the search, one with its face and its request, and its offset.

pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod offset;
pub(crate) mod show;
