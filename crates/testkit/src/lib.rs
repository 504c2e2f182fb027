//! For tests: the laws of the store, as one macro that every store runs.

#![allow(clippy::unwrap_used, reason = "a law that is broken should say where")]

pub mod laws;
