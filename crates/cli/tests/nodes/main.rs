//! Nodes: processes that share a database on PostgreSQL. `cargo xtask postgres` starts the server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod cards;
mod changes;
mod clocks;
mod delivery;
mod names;
mod node;
mod orders;
mod payments;
mod recovery;
