//! What can be swapped. Traits for the store with its outbox and its jobs, the clock,
//! randomness, the sender of outgoing requests, the issuer and the renderer of invoices, the files
//! beside the store and the reader of foreign PDFs.
//!
//! A use case reads versioned records, decides, and commits ONE value ([`store::Commit`]). There is
//! no `begin()`: a transaction can't be held open across a network call, and what belongs together
//! can't be committed apart.

#![deny(missing_docs)]

pub mod clock;
pub mod delivery;
pub mod entropy;
pub mod errors;
pub mod invoicing;
pub mod metrics;
pub mod platform;
pub mod record;
pub mod request_log;
pub mod store;
pub mod transfer;
