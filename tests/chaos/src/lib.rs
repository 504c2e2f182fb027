//! kill -9 under load: no acknowledged change is lost, whatever the moment.
//!
//! In each round real servers are loaded by clients that remember every acknowledged reply, until a fault
//! ends them at a moment of the round's own. Then they start again, and everything is compared through the
//! public API and the operator's listings: what was acknowledged must be there, what was not answered may
//! be. Every other order is paid first, on a page, by the payer's code or by their contract: it is opened by its
//! payment, and closed by its refunds or by the merchant taking a quick payment back, which stays taken back. Some
//! invoices are a platform's own, uploaded and inserted; two companies and the platform want the same of their cards at
//! the same time, and what they are answered must be what they would have been one after the other. A user's titles are
//! taken over, changed, picked and scanned. Every 25
//! rounds, and now and then in between, the whole store is looked at once nothing is left to be done: messages, cards,
//! numbers, pushes and notices are those that follow from the orders, each once, and what arrived twice was forced to
//! by a kill.
//!
//! What the clients do, and the moments, follow from a seed that is printed; the threads' interleaving
//! does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![allow(clippy::print_stdout, reason = "a line for each round")]

mod card;
mod card_calls;
mod client;
pub mod cluster;
mod compare;
mod deliveries;
mod entry;
mod kinds;
mod listings;
mod merchant;
mod model;
mod order;
mod pay_calls;
mod payment;
mod postgres;
mod repeats;
mod round;
mod series;
mod servers;
mod session;
mod titles;
mod uploads;
mod whole;

pub use series::{Engine, Plan, SERIES, run};
