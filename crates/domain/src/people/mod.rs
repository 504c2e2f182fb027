//! People: users, their titles, messages and wallets.

pub mod card;
pub mod card_kind;
pub mod card_number;
pub mod message;
pub mod session;
pub mod title;
pub mod title_link;
pub mod user;
