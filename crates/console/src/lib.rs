//! The console: what operators and merchants' developers work with, at `/console`. Server-rendered, in Chinese
//! and English, for a desk and for a phone, with one style; a small script (`assets/console.js`) makes some of it
//! quicker, and nothing needs it.
//!
//! A page is a file with its handlers and a template of the same name. `seat` says who sits before a page and what they
//! may see: every route but the login, the style and the script is behind it. `frame` is what stands around every
//! page, `parts` what pages are put together from: tables with a further page, filters, notices, facts.

#![allow(
    clippy::result_large_err,
    reason = "what ends a handler early is the page that it answers with"
)]

mod accounts;
mod adding;
mod assets;
mod charts;
mod choice;
mod console;
mod cookies;
mod day;
mod errors;
mod faults;
mod frame;
mod invoices;
mod jobs;
mod login;
mod numbers;
mod orders;
mod overview;
mod parts;
mod password;
mod payments;
mod people;
mod pushes;
mod requests;
mod router;
mod sandbox;
mod seat;
mod span;
mod states;
mod users;
mod words;

pub use console::Console;
pub use router::{CONSOLE_ROUTES, router};
