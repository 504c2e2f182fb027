//! Tokens, accounts, permissions.

mod accounts;
mod permissions;
mod token;
