//! Access: accounts, their permissions, and access tokens.

pub mod platform_id;
pub mod token;
