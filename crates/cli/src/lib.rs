//! The composition root. Settings, the parts put together, the listening socket, and the
//! commands: for operators `serve`, `pushes`, `jobs`, `health`, `check`, `backup`, `doctor`, `move`
//! and `trust`, for integrators `demo`, `accounts`, `call`, `listen`, `trigger` and `decrypt`.

pub mod accounts;
mod admin_client;
mod api_client;
pub mod backup;
pub mod call;
mod caller;
pub mod check;
mod clients;
mod clock_begins;
pub mod compose;
mod connections;
pub mod console_users;
pub mod decrypt;
pub mod demo;
pub mod doctor;
pub mod exchange;
pub mod fault;
mod handshake;
pub mod health;
pub mod jobs;
pub mod listen;
pub mod listener;
pub mod listing;
pub mod log;
mod log_filter;
pub mod logs;
pub mod moving;
pub mod outcome;
pub mod pushes;
mod request_line;
pub mod settings;
pub mod store;
pub mod telemetry;
mod terminal;
pub mod tls;
mod token_file;
pub mod trigger;
mod unsent;

pub use kaipiao_pdf_reader::child as read_pdf;

/// The hidden command that reads a PDF in a process of its own.
pub const READ_PDF: &str = "read-pdf";
