//! Delivery: the queues of pushes and jobs, the claims on their work, outgoing requests.

pub mod claims;
pub mod jobs;
pub mod outbox;
pub mod sender;
