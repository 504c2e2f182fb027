//! What the records' bodies mean: domain values as JSON text, and back.
//!
//! serde stays out of the domain, so each value has its stored shape here. A shape is a promise to
//! every database in the field: members may be added with a default, never renamed.

#![deny(missing_docs)]

pub mod access;
pub mod authorization;
mod codec;
pub mod delivery;
pub mod invoicing;
pub mod payment;
pub mod people;
pub mod platform;
pub mod record;
pub mod server;
