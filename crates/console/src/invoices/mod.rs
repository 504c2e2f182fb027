//! Invoices: the search, one with its face and its request, and its offset.

pub(crate) mod address;
