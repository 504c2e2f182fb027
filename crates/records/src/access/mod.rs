//! Access: accounts and their tokens.

pub mod account;
pub mod token_family;
