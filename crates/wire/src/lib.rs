//! Bytes. Reads what real clients send (clients 2), writes what the contract says.
//!
//! Reading is lenient and typed: a reader takes an [`object::Object`] and returns domain values
//! or a `Refusal` that names the field. Writing is exact: golden files in `spec/` hold the bytes.
//! Credentials (tokens, tickets, links, openids) are signed texts; their codecs are here, what
//! they are worth is decided in `domain`.
//!
//! A module that serves a section of the contract carries the section's stem.

#![deny(missing_docs)]

pub mod access;
pub mod answer;
pub mod authorization;
mod china_time;
pub mod clock_change;
pub mod delivery;
pub mod invoicing;
pub mod keys;
pub mod logged_request;
pub mod masked;
pub mod object;
pub mod payment;
pub mod people;
pub mod platform;
pub mod reimbursement;
mod url;

#[cfg(test)]
mod golden;
