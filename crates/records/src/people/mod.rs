//! People: users, their sessions that have ended, titles, messages, cards.

pub mod card;
pub mod message;
pub mod session;
pub mod title;
pub mod user;
