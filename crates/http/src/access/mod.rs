//! Access: accounts, their permissions, and access tokens.

pub(crate) mod caller;
pub(crate) mod token;
