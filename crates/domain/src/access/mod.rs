//! Access: accounts, their permissions, and access tokens.

pub mod account;
pub mod permissions;
pub mod token;
pub mod token_request;
