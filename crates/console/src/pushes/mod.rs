//! Pushes: the listing, one with its attempts, and their replay.

pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod show;
