//! Access: accounts, their permissions, and access tokens.

pub(crate) mod addresses;
pub(crate) mod callback_check;
pub(crate) mod caller;
pub(crate) mod quota;
pub(crate) mod refused;
pub(crate) mod token;
