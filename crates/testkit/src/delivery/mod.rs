//! Delivery: pushes, their attempts, and where accounts receive them.

pub mod job_laws;
pub mod outbox_laws;
