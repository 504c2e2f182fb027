//! The store in memory: the laws' oracle, and what a tool uses that needs no disk.

mod delivery;
mod records;
mod search;
mod store;

pub use store::MemoryStore;
