//! Accounts, and what merchants and their developers set of them.

pub(crate) mod account;
pub(crate) mod add;
pub(crate) mod callback;
mod fields_form;
pub(crate) mod list;
pub(crate) mod page_fields;
pub(crate) mod settings;
pub(crate) mod words;
