//! Access: accounts, their permissions, and access tokens.

pub mod account;
pub mod address_range;
pub mod console_user;
pub mod permissions;
pub mod quota;
pub mod token;
pub mod token_request;
