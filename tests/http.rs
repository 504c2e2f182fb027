//! The merchant flow over real HTTP, a file per section.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod access;
mod authorization;
mod check;
mod damaged;
mod delivery;
mod demo_phone;
mod demo_shop;
mod error_codes;
mod faults;
mod home;
mod invoicing;
mod metrics;
mod openapi;
mod payment;
mod people;
mod platform;
mod reimbursement;
mod requests;
mod sandbox;
mod scaling;
mod settings;
