//! Floor 5: the composition root. Settings, the parts put together, the listening socket, and the
//! commands `serve`, `demo` and `accounts`.

pub mod accounts;
pub mod compose;
pub mod demo;
pub mod listen;
pub mod settings;
