//! The kits of `clients/`, each driven against a real server whose pages are clicked in a real Chromium.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[allow(dead_code, reason = "a kit's user does less than the pages' own tests do")]
#[path = "../browser/harness.rs"]
mod harness;
mod phone;
mod s03_mini_program;
mod s04_app;
mod s05_android;
