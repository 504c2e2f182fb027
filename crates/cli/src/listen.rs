//! The listening socket: connections with a limit in number and a limit of time for each head, and
//! an orderly stop.

use crate::request_line::Explained;
use axum::Router;
use core::time::Duration;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;

/// Connections that the operating system keeps until they are accepted.
pub const BACKLOG: u32 = 1024;

/// What a connection keeps at most of what it reads and writes, so the longest head too.
const BUFFER_BYTES: usize = 64 << 10;

/// Takes an address without listening on it yet.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart need not wait until the last process's connections are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Limits of the socket.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// How long a client may take to send a request's head; an idle connection too.
    pub header_timeout: Duration,
    /// Connections at once.
    pub connections: usize,
    /// How long running requests may take after the stop.
    pub shutdown: Duration,
}

/// Serves until `stop` resolves; then takes no new connections and lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: SocketLimits,
    stop: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder.max_buf_size(BUFFER_BYTES);
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = async { (permit.await, listener.accept().await) };
        let (permit, stream) = tokio::select! {
            () = &mut stop => break,
            (permit, accepted) = accepted => match accepted {
                Ok((stream, _)) => (permit, stream),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    pause_after_accept_error().await;
                    continue;
                }
            },
        };
        // Small answers must not wait for more data to fill a packet.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(Explained::new(stream)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still running at the end of limits.shutdown_ms");
    }
}

/// Out of file descriptors, most likely: trying again at once would only burn the processor.
#[expect(
    clippy::disallowed_methods,
    reason = "a pause in real time, of the machine and not of the domain"
)]
async fn pause_after_accept_error() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}
