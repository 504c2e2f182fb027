//! The request log: the listing, and one request with its bodies.

pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod show;
pub(crate) mod words;
