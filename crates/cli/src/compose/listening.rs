//! A server that listens, until it stops.

use super::error::ComposeError;
use super::name_spaces::{Registry, end_lives};
use super::names::on_this_machine;
use super::operations::Operations;
use super::workers::Workers;
use crate::listen::{self, SocketLimits};
use crate::store::OpenStore;
use crate::tls::ServedCertificate;
use axum::Router;
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_store_postgres::Lost;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// A server that listens.
pub struct Listening {
    /// The address that it listens on, with the real port.
    pub address: SocketAddr,
    /// The use cases, for tools in the same process.
    pub app: Arc<App>,
    pub(super) listener: TcpListener,
    pub(super) router: Router,
    pub(super) limits: SocketLimits,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) certificate: Option<Arc<ServedCertificate>>,
    pub(super) store: OpenStore,
    pub(super) name_spaces: Arc<Registry>,
    pub(super) operations: Option<Operations>,
    /// How long requests are still taken after a signal to stop.
    pub(super) unready: Duration,
}

impl Listening {
    /// Where a browser on this machine finds the home page.
    pub fn home_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", on_this_machine(self.address))
    }

    /// What is shown to clients of HTTPS; None: plain HTTP.
    pub fn certificate(&self) -> Option<Arc<ServedCertificate>> {
        self.certificate.clone()
    }

    /// Serves, issues, and sends pushes, until `stop` resolves. Issuing and pushes go on until the
    /// last request has its answer; what is not completed in time is offered again at the next start. An error: the node has
    /// lost its name or its schema, or one of its workers has ended, and it has stopped by itself.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ComposeError> {
        let one_has_ended = self.name_spaces.one_has_ended();
        self.name_spaces.start();
        let mut workers = Workers::new(&one_has_ended);
        let name_spaces = Arc::clone(&self.name_spaces);
        workers.spawn(|end| end_lives(name_spaces, end));
        if let Some(certificate) = self.certificate {
            workers.spawn(|end| certificate.follow(end));
        }
        if let Some(operations) = self.operations {
            let limits = self.limits.clone();
            workers.spawn(|end| operations.serve(limits, end));
        }
        let shutdown = self.limits.shutdown;
        let (node, mut failed) = (self.store.node.clone(), None);
        let ending = async {
            let end = ended(stop, self.store.node_lost(), &one_has_ended).await;
            self.name_spaces.stops();
            if end.is_none() {
                let_others_notice(self.unready).await;
            }
            failed = end.map(|end| end.told(node));
        };
        let (tls, router, limits) = (self.tls, self.router, self.limits);
        let connections = self.name_spaces.connections();
        listen::serve_counted(self.listener, tls, router, limits, connections, ending).await;
        let finished = tokio::join!(self.name_spaces.end_workers(shutdown), workers.end(shutdown));
        if finished != (true, true) {
            tracing::warn!("work was still under way at the end of limits.shutdown_ms");
        }
        if let Some(failed @ (ComposeError::NodeLost(_) | ComposeError::SchemaLost(_))) = failed {
            return Err(failed);
        }
        self.name_spaces.close().await;
        failed.map_or(Ok(()), Err)
    }
}

/// Goes on for so long: whoever sends requests here has to see that they should go elsewhere.
#[expect(clippy::disallowed_methods, reason = "load balancers look in real time")]
async fn let_others_notice(unready: Duration) {
    if !unready.is_zero() {
        tokio::time::sleep(unready).await;
    }
}

/// Why a server ends that nobody has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lost(Lost),
    WorkerEnded,
}

impl End {
    fn told(self, node: String) -> ComposeError {
        match self {
            Self::Lost(Lost::Name) => ComposeError::NodeLost(node),
            Self::Lost(Lost::Schema) => ComposeError::SchemaLost(node),
            Self::WorkerEnded => ComposeError::WorkerEnded,
        }
    }
}

/// Waits for the server's end; None: it was stopped.
async fn ended(
    stop: impl Future<Output = ()>,
    node_lost: impl Future<Output = Lost>,
    one_has_ended: &Notify,
) -> Option<End> {
    tokio::select! {
        () = stop => None,
        why = node_lost => Some(End::Lost(why)),
        () = one_has_ended.notified() => Some(End::WorkerEnded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_one_of_whose_workers_has_ended_ends_with_an_error() {
        let (never, not_lost) = (core::future::pending::<()>, core::future::pending::<Lost>);
        let one_has_ended = Arc::new(Notify::new());
        let mut workers = Workers::new(&one_has_ended);
        workers.spawn(|_| never());
        assert_eq!(ended(async {}, not_lost(), &one_has_ended).await, None);
        for why in [Lost::Name, Lost::Schema] {
            let end = ended(never(), async { why }, &one_has_ended).await;
            assert_eq!(end, Some(End::Lost(why)));
        }
        workers.spawn(|_| async { panic!("as a worker can") });
        let end = ended(never(), not_lost(), &one_has_ended).await.unwrap();
        let told = end.told("till".to_owned()).to_string();
        assert!(told.contains("has ended by itself") && told.contains("the log"), "{told}");
    }
}
