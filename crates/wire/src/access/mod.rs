//! Access: accounts, their permissions, and access tokens.

pub(crate) mod appid;
pub mod platform_id;
pub mod token;
pub mod utilities;
