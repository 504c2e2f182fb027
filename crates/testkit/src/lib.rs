//! For tests: the laws of the store and of its outbox, as macros that every store runs.

#![allow(clippy::unwrap_used, reason = "a law that is broken should say where")]

pub mod laws;
pub mod outbox_laws;
mod steps;
