//! The kits of `clients/`, each driven against a real server whose pages are clicked in a real Chromium.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "../browser/harness.rs"]
#[allow(dead_code, reason = "the tests of the pages use the rest of it")]
mod harness;

mod s03_mini_program;
