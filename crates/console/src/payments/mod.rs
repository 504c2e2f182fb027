//! Payments: the listing, one with what has become of it, and in a sandbox paying as a user.

pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod pay;
pub(crate) mod show;
mod words;
