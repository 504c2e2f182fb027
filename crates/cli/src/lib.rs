//! The composition root. Settings, the parts put together, the listening socket, and the
//! commands `serve`, `demo`, `accounts` and `pushes`.

pub mod accounts;
pub mod compose;
pub mod demo;
pub mod listen;
pub mod pushes;
pub mod settings;
