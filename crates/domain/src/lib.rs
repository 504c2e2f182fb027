//! Floor 0: the decisions of the contract, as pure functions.
//!
//! No I/O, no async, no clock, no randomness and no serde live here. A decision has the shape
//! `fn verb(state, intent, now) -> Result<next state, Refusal>`, so that a test is a table and
//! the order of the checks (which is wire behaviour) can be read from top to bottom.
//!
//! A module is named after what it decides; the section of the contract stands in its first line.

#![deny(missing_docs)]

pub mod account;
pub mod card;
pub mod contact;
pub mod invoice;
pub mod invoice_number;
pub mod invoice_request;
pub mod message;
pub mod money;
pub mod order;
pub mod page_fields;
pub mod push;
pub mod refusal;
pub mod taxpayer;
pub mod text;
pub mod time;
pub mod title;
pub mod token;
pub mod user;

pub use refusal::Refusal;
pub use time::Timestamp;
