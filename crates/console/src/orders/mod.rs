//! Orders: the listing, and of each the line of what has happened.

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod list;
pub(crate) mod merchants;
mod requests;
mod results;
mod steps;
pub(crate) mod timeline;
