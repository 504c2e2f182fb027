//! The decisions of the contract, as pure functions.
//!
//! No I/O, no async, no clock, no randomness and no serde live here. A decision has the shape
//! `fn verb(state, intent, now) -> Result<next state, Refusal>`, so that a test is a table and
//! the order of the checks (which is wire behaviour) can be read from top to bottom.
//!
//! A module is named after what it decides; the section of the contract stands in its first line.

#![deny(missing_docs)]

pub mod access;
pub mod authorization;
pub mod clock_course;
pub mod delivery;
pub mod invoicing;
pub mod money;
pub mod payment;
pub mod people;
pub mod platform;
pub mod refusal;
pub mod reimbursement;
pub mod text;
pub mod time;

pub use refusal::Refusal;
pub use time::Timestamp;
