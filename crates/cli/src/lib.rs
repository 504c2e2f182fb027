//! The composition root. Settings, the parts put together, the listening socket, and the
//! commands `serve`, `demo`, `accounts`, `pushes`, `jobs`, `health`, `check`, `backup`,
//! `doctor`, `move` and `trust`.

pub mod accounts;
mod admin_client;
pub mod backup;
pub mod check;
mod clients;
pub mod compose;
pub mod demo;
pub mod doctor;
pub mod fault;
mod handshake;
pub mod health;
pub mod jobs;
pub mod listen;
pub mod listing;
pub mod log;
pub mod moving;
pub mod pushes;
mod request_line;
pub mod settings;
pub mod store;
pub mod tls;
mod unsent;
