//! People: users, their sessions that have ended, titles, messages, cards.

pub mod card;
pub(crate) mod known_as;
pub mod message;
pub mod session;
pub mod title;
pub mod user;
