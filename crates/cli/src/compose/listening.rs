//! A server that listens, until it stops.

use super::error::ComposeError;
use super::names::on_this_machine;
use super::operations::Operations;
use crate::connections::Connections;
use crate::listen::{self, SocketLimits};
use crate::store::OpenStore;
use crate::tls::ServedCertificate;
use axum::Router;
use core::time::Duration;
use kaipiao_app::App;
use kaipiao_app::delivery::dispatch;
use kaipiao_app::invoicing::issue;
use kaipiao_app::maintenance;
use kaipiao_app::sandbox::Sandbox;
use kaipiao_store_postgres::Lost;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
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
    pub(super) sandbox: Option<Arc<Sandbox>>,
    pub(super) connections: Connections,
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
        let (last_answer, answered) = tokio::sync::watch::channel(());
        let until = |mut answered: tokio::sync::watch::Receiver<()>| async move {
            // An error: the sender is gone, which is what is waited for.
            while answered.changed().await.is_ok() {}
        };
        let mut workers = JoinSet::new();
        workers.spawn(issue::run(Arc::clone(&self.app), until(answered.clone())));
        workers.spawn(dispatch::run(Arc::clone(&self.app), until(answered.clone())));
        let app = self.app;
        if let Some(sandbox) = self.sandbox {
            let (app, until) = (Arc::clone(&app), until(answered.clone()));
            workers.spawn(async move { sandbox.clock.follow(&app, until).await });
        }
        if let Some(certificate) = self.certificate {
            workers.spawn(certificate.follow(until(answered.clone())));
        }
        let life = Arc::clone(&app);
        if let Some(operations) = self.operations {
            workers.spawn(operations.serve(self.limits.clone(), until(answered.clone())));
        }
        workers.spawn(async move { maintenance::run(&app, until(answered)).await });
        life.life().serves();
        let shutdown = self.limits.shutdown;
        let (node, mut failed) = (self.store.node.clone(), None);
        let ending = async {
            let end = ended(stop, self.store.node_lost(), &mut workers).await;
            life.life().stops();
            if end.is_none() {
                let_others_notice(self.unready).await;
            }
            failed = end.map(|end| end.told(node));
        };
        let (tls, router, limits) = (self.tls, self.router, self.limits);
        let counts = self.connections;
        listen::serve_counted(self.listener, tls, router, limits, counts, ending).await;
        drop(last_answer);
        let finish = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown, finish).await.is_err() {
            tracing::warn!("work was still under way at the end of limits.shutdown_ms");
        }
        if let Some(failed @ (ComposeError::NodeLost(_) | ComposeError::SchemaLost(_))) = failed {
            return Err(failed);
        }
        self.store.close().await;
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
    workers: &mut JoinSet<()>,
) -> Option<End> {
    tokio::select! {
        () = stop => None,
        why = node_lost => Some(End::Lost(why)),
        // Requests would be taken, and nothing become of them.
        _ = workers.join_next() => Some(End::WorkerEnded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_one_of_whose_workers_has_ended_ends_with_an_error() {
        let (never, not_lost) = (core::future::pending::<()>, core::future::pending::<Lost>);
        let mut workers = JoinSet::new();
        workers.spawn(never());
        assert_eq!(ended(async {}, not_lost(), &mut workers).await, None);
        for why in [Lost::Name, Lost::Schema] {
            let end = ended(never(), async { why }, &mut workers).await;
            assert_eq!(end, Some(End::Lost(why)));
        }
        workers.spawn(async { panic!("as a worker can") });
        let end = ended(never(), not_lost(), &mut workers).await.unwrap();
        let told = end.told("till".to_owned()).to_string();
        assert!(told.contains("has ended by itself") && told.contains("the log"), "{told}");
    }
}
