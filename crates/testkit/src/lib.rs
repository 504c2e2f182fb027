//! For tests: the laws of the store, of its claims, outbox and jobs, as macros that every store runs;
//! a name server, databases, addresses.

#![allow(clippy::unwrap_used, reason = "a law that is broken should say where")]

pub mod addresses;
pub mod delivery;
pub mod laws;
pub mod name_server;
pub mod postgres;
pub mod records;
pub mod reimbursement;
pub mod replication;
pub mod retention_laws;
mod steps;
