//! People: users, titles, messages, cards.

pub mod card;
pub mod message;
pub mod title;
pub mod user;
