//! Invoices: the search, what platforms have inserted, one with its face and its request, and its offset.

pub(crate) mod address;
pub(crate) mod face;
pub(crate) mod inserted;
pub(crate) mod list;
pub(crate) mod offset;
pub(crate) mod show;

/// Code and number, as they are joined in the store, however they were pasted.
fn joined(number: &str) -> String {
    number.replace([' ', '-'], "")
}
