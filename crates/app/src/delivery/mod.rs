//! Delivery: pushes, their attempts, and where accounts receive them.

pub mod callbacks;
pub mod dispatch;
pub(crate) mod new_push;
pub mod pushes;
pub mod worker;
