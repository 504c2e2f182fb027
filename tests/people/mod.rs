//! Users, their titles and wallets.

pub(crate) mod login;
mod messages;
mod titles;
mod wallet;
