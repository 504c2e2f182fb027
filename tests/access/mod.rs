//! Tokens, accounts, permissions.

mod accounts;
mod bodies;
mod permissions;
mod token;
