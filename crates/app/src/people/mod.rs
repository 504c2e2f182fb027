//! People: users, their titles, messages and wallets.

pub mod login;
pub mod people;
pub mod wallet;
