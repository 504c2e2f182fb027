//! For tests: the laws of the store, as one macro that every store runs.

pub mod laws;
