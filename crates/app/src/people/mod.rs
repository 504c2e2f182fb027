//! People: users, their titles, messages and wallets.

pub(crate) mod card_invoice;
pub(crate) mod known_as;
pub mod login;
pub mod messages;
pub mod title_links;
pub(crate) mod title_picks;
pub mod titles;
pub mod users;
pub mod wallet;
