//! Users, their titles and wallets.

pub(crate) mod login;
mod titles;
mod wallet;
