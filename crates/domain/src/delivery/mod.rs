//! Delivery: pushes, their attempts, and where accounts receive them.

pub mod job;
pub mod push;
pub mod push_format;
