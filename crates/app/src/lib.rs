//! The use cases. Each loads what it needs, asks the clock, lets the domain decide, and commits one
//! value. They know the ports and never an adapter.
//!
//! They are free functions over [`App`], in a folder for each subject; a file that serves a section
//! of the contract carries the section's stem.

pub mod access;
pub mod account_reset;
mod app;
pub mod asked_faults;
pub mod authorization;
pub mod backlog;
mod changes;
pub mod check;
mod concerned;
pub mod delivery;
pub mod demo_phone;
pub mod demo_shop;
mod failure;
mod fair_turns;
pub mod faults;
pub mod health;
pub mod invoicing;
pub mod life;
pub mod listing;
pub mod maintenance;
pub mod metrics;
pub mod name_spaces;
pub mod payment;
pub mod people;
pub mod platform;
pub mod reimbursement;
pub mod requests;
mod rids;
pub mod route_names;
pub mod sandbox;
pub mod sandbox_clock;
pub mod seeded;
pub mod settings;
pub mod signed;
pub mod start;
mod store_access;
pub mod under_way;
pub mod waiting;

pub use app::{App, Parts};
pub use failure::Failure;
