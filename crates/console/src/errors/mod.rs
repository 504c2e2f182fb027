//! The reference of error codes, and the way from a rid to its request.

pub(crate) mod address;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod show;
