//! What companies' pages open: the picker of invoices and titles, and the script that opens it.

pub(crate) mod jssdk;
pub(crate) mod picked;
pub(crate) mod picker;
pub(crate) mod title_picker;
