//! Tokens, accounts, permissions.

mod accounts;
mod bodies;
mod connections;
mod permissions;
mod token;
mod utilities;
