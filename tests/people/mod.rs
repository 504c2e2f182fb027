//! Users, their titles and wallets.

pub(crate) mod login;
mod messages;
mod titles;
mod users;
mod wallet;
