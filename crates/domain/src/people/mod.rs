//! People: users, their titles, messages and wallets.

pub mod card;
pub mod message;
pub mod title;
pub mod user;
