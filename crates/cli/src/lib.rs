//! The composition root. Settings, the parts put together, the listening socket, and the
//! commands `serve`, `demo`, `accounts`, `pushes`, `jobs`, `move` and `trust`.

pub mod accounts;
mod admin_client;
mod clients;
pub mod compose;
pub mod demo;
pub mod jobs;
pub mod listen;
pub mod log;
pub mod moving;
pub mod pushes;
mod request_line;
pub mod settings;
pub mod tls;
mod unsent;
