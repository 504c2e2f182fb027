//! Users, their titles and wallets.

pub(crate) mod login;
mod messages;
mod title_links;
mod titles;
mod users;
mod wallet;
