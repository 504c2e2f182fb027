//! Tokens, accounts, permissions.

mod accounts;
mod bodies;
mod connections;
mod console;
mod console_adding;
mod console_forms;
mod console_lists;
mod console_orders;
mod console_payments;
mod permissions;
mod token;
mod utilities;
