//! Delivery: claims, pushes with their attempts, and jobs.

pub mod claim_laws;
pub(crate) mod fixtures;
pub mod job_laws;
pub mod outbox_laws;
