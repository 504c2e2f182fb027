//! Access: accounts and their tokens.

pub mod account;
pub mod console_user;
pub mod token_family;
