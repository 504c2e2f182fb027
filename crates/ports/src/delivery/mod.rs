//! Delivery: pushes, their attempts, and where accounts receive them.

pub mod jobs;
pub mod lease_book;
pub mod outbox;
pub mod sender;
