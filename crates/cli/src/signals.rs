//! What the process is told from outside.

use kaipiao_cli::compose::ComposeError;
use kaipiao_cli::tls::ServedCertificate;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a server minds.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    pub(crate) fn watch() -> Result<Self, ComposeError> {
        let watch = |kind| signal(kind).map_err(ComposeError::Signals);
        Ok(Self {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
            hangup: watch(SignalKind::hangup())?,
        })
    }

    /// Resolves at SIGINT or SIGTERM, and says so. SIGHUP has the certificate read again; a closed terminal sends it too, so
    /// it never ends the server.
    pub(crate) async fn stop(mut self, certificate: Option<Arc<ServedCertificate>>) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => break,
                _ = self.terminate.recv() => break,
                Some(()) = self.hangup.recv() => match &certificate {
                    Some(certificate) => certificate.read_again(),
                    None => tracing::info!("SIGHUP changes nothing: settings are read at the start"),
                },
            }
        }
        tracing::info!("stopping; a second signal ends the process at once");
    }

    /// Resolves at SIGINT, SIGTERM or SIGHUP, which a closed terminal sends.
    pub(crate) async fn interrupted(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Resolves at the second SIGINT or SIGTERM from now on.
pub(crate) fn second_signal() -> Result<impl Future<Output = ()>, ComposeError> {
    let Signals { mut interrupt, mut terminate, .. } = Signals::watch()?;
    Ok(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    })
}
