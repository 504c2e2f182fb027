//! The pages in a real Chromium, clicked as a person clicks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod console;
mod console_lists;
mod console_sandbox;
mod harness;
mod payment;
mod people;
mod phone;
mod reimbursement;
mod s02_auth_url;
