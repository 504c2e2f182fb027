//! Access: accounts, their permissions, and access tokens.

pub mod accounts;
pub mod authenticate;
pub mod quota;
pub mod token;
