//! Who may log in, for operators: the list, and each user's page.

pub(crate) mod list;
pub(crate) mod user;
pub(crate) mod words;
