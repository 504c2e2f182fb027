//! Access: accounts, their permissions, and access tokens.

pub(crate) mod appid;
pub mod console_session;
pub mod console_token;
pub mod password;
pub mod platform_id;
pub mod token;
pub mod utilities;
