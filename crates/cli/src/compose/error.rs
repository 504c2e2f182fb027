//! Why the server, or a command, did not do its work.

use crate::backup::NotBackedUp;
use crate::moving::MoveError;
use crate::settings::SettingsError;
use crate::store::OpenError;
use crate::telemetry::TelemetryError;
use crate::tls::TlsError;
use kaipiao_app::Failure;
use kaipiao_app::start::StartError;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server did not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The store could not be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The store does not fit.
    #[error("{0}")]
    Start(#[from] StartError),
    /// The address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The server key.
    #[error("server key {0}: {1}")]
    ServerKey(PathBuf, String),
    /// A seed on what was made otherwise; the text says how.
    #[error(
        "sandbox.seed is set, and {0} has what was made {1}: only some answers would be the same in each run. Begin with an empty --data, or make a name space with the seed (POST /sandbox/v1/namespaces), or leave the seed out"
    )]
    NotOfSeed(PathBuf, &'static str),
    /// A sandbox that would be reachable from elsewhere.
    #[error(
        "a sandbox is open to whoever reaches it, so it does not listen on {0}; listen on 127.0.0.1, or say --expose-sandbox on a network that you trust"
    )]
    SandboxExposed(SocketAddr),
    /// A store was not moved.
    #[error("{0}")]
    Move(#[from] MoveError),
    /// HTTPS.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The sender of pushes.
    #[error("push: {0}")]
    Sender(#[from] kaipiao_sender::BuildError),
    /// Traces.
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    /// Another process has this one's name.
    #[error(
        "another process has taken the name of node \"{0}\", as after 15 s without the database; this one has ended, start it again with a name of its own"
    )]
    NodeLost(String),
    /// A newer program has changed the database meanwhile.
    #[error(
        "a newer kaipiao has changed the database in a way that this one cannot work with, while node \"{0}\" had not reached it for 15 s; start the newer kaipiao"
    )]
    SchemaLost(String),
    /// What issues, sends, or cleans up has panicked.
    #[error("a part of the server has ended by itself; the log says why. Start it again")]
    WorkerEnded,
    /// A running server was asked something.
    #[error("{0}")]
    Asking(String),
    /// A server was asked something, and has not answered.
    #[error("{0}")]
    NoAnswer(String),
    /// A backup.
    #[error("{0}")]
    Backup(#[from] NotBackedUp),
    /// The operating system refused to watch for signals.
    #[error("cannot watch for signals: {0}")]
    Signals(std::io::Error),
}

impl From<Failure> for ComposeError {
    fn from(failure: Failure) -> Self {
        Self::Start(StartError::Failed(failure))
    }
}
