//! Delivery: pushes, jobs, and who holds them.

pub(crate) mod claims;
pub(crate) mod jobs;
pub(crate) mod pushes;
