//! Delivery: pushes, their attempts, and where accounts receive them.

pub(crate) mod job_sql;
pub(crate) mod push_sql;
pub(crate) mod schedule;
