//! People: users, their titles, messages and wallets.

pub(crate) mod cards;
mod inserted_card;
pub(crate) mod login;
pub(crate) mod messages;
pub(crate) mod titles;
