//! Access: accounts, their permissions, and access tokens.

pub mod accounts;
pub mod authenticate;
pub mod console_login;
pub mod console_users;
pub(crate) mod login_attempts;
pub(crate) mod passwords;
pub mod quota;
pub mod sight;
pub mod token;
