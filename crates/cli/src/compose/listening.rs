//! A server that listens, until it stops.

use super::error::ComposeError;
use super::names::on_this_machine;
use crate::listen::{self, SocketLimits};
use crate::store::OpenStore;
use crate::tls::ServedCertificate;
use axum::Router;
use kaipiao_app::App;
use kaipiao_app::delivery::dispatch;
use kaipiao_app::invoicing::issue;
use kaipiao_app::maintenance;
use kaipiao_app::sandbox::Sandbox;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
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
    /// lost its name, or one of its workers has ended, and it has stopped by itself.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ComposeError> {
        let (last_answer, answered) = tokio::sync::watch::channel(());
        let until = |mut answered: tokio::sync::watch::Receiver<()>| async move {
            // An error: the sender is gone, which is what is waited for.
            while answered.changed().await.is_ok() {}
        };
        let mut workers = tokio::task::JoinSet::new();
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
        workers.spawn(async move { maintenance::run(&app, until(answered)).await });
        let shutdown = self.limits.shutdown;
        let node_lost = self.store.node_lost();
        let mut failed = None;
        let ending = async {
            tokio::select! {
                () = stop => {}
                () = node_lost => failed = Some(ComposeError::NodeLost(self.store.node.clone())),
                // Requests would be taken, and nothing become of them.
                _ = workers.join_next() => failed = Some(ComposeError::WorkerEnded),
            }
        };
        listen::serve(self.listener, self.tls, self.router, self.limits, ending).await;
        drop(last_answer);
        let finish = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown, finish).await.is_err() {
            tracing::warn!("work was still under way at the end of limits.shutdown_ms");
        }
        if let Some(failed @ ComposeError::NodeLost(_)) = failed {
            return Err(failed);
        }
        self.store.close().await;
        failed.map_or(Ok(()), Err)
    }
}
