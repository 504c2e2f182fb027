//! Payments: the listing, with the form that adds a pay merchant, one with what has become of it, and in a sandbox paying as a user.

pub(crate) mod add;
pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod pay;
pub(crate) mod show;
mod words;
