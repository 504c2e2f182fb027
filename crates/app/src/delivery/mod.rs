//! Delivery: pushes, their attempts, and where accounts receive them.

pub mod callbacks;
pub mod dispatch;
pub mod pushes;
pub mod worker;
