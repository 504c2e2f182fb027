//! Records: commits, listings and searches.

pub mod commit_laws;
pub(crate) mod fixtures;
pub mod listing_laws;
