//! Delivery: pushes, jobs, and the claims on them.

pub(crate) mod claims;
pub(crate) mod jobs;
pub(crate) mod numbers;
pub(crate) mod push_listing;
pub(crate) mod pushes;
