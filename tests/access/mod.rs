//! Tokens, accounts, permissions.

mod accounts;
mod bodies;
mod connections;
mod console;
mod permissions;
mod token;
mod utilities;
