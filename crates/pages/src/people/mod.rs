//! People: users, their titles, messages and wallets.

pub(crate) mod cards;
mod inserted_card;
pub(crate) mod login;
pub(crate) mod messages;
pub(crate) mod title_choice;
pub(crate) mod title_code;
pub(crate) mod title_link;
pub(crate) mod titles;
