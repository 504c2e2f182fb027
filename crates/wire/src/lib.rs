//! Floor 0: bytes. Reads what real clients send (clients.md), writes what the contract says.
//!
//! Reading is lenient and typed: a reader takes an [`object::Object`] and returns domain values
//! or a `Refusal` that names the field. Writing is exact: golden files in `spec/` hold the bytes.
//! Credentials (tokens, tickets, links, openids) are signed texts; their codecs are here, what
//! they are worth is decided in `domain`.
//!
//! A module that serves a section of the contract carries the section's stem.

#![deny(missing_docs)]

pub mod answer;
pub mod event_xml;
pub mod keys;
pub mod login_token;
pub mod object;
pub mod openid;
pub mod platform_id;
pub mod push_crypto;
pub mod push_request;
pub mod s01_ticket;
pub mod s02_auth_url;
pub mod s06_auth_push;
pub mod s07_auth_data;
pub mod s08_reject;
pub mod s09_page_fields;
pub mod s14_make_out;
pub mod s15_offset;
pub mod s16_query;
pub mod s17_contact;
pub mod s19_result_push;
pub mod session;
pub mod title;
pub mod token;

#[cfg(test)]
mod golden;
