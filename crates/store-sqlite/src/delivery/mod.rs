//! Delivery: the outbox's and the jobs' statements, and what of them is in memory.

pub(crate) mod create_times;
pub(crate) mod jobs;
pub(crate) mod open_jobs;
pub(crate) mod open_pushes;
pub(crate) mod pushes;
pub(crate) mod queue;
