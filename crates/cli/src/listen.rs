//! The listening socket: connections with a limit in number, of all and of each client; a limit of
//! time for each head, and for clients that take nothing of their answer; and an orderly stop.

use crate::clients::{Clients, Place};
use crate::connections::Connections;
use crate::handshake::{self, Failures, Handshake, REFUSAL_TIME};
use crate::request_line::Explained;
use crate::unsent::{Sending, Unsent};
use axum::Router;
use axum::body::Body;
use core::time::Duration;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_http::{ClientAddress, Dropped};
use kaipiao_wire::answer as wire_answer;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::Service;

/// Connections that the operating system keeps until they are accepted.
pub const BACKLOG: u32 = 1024;

/// When a client that has too many may try again.
const RETRY_AFTER_S: &str = "1";
/// Connections that are being told that their client has too many; further ones are closed unheard.
const REFUSALS_AT_ONCE: usize = 64;

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
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// How long a client may take to send a request's head; an idle connection too.
    pub header_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub answer_timeout: Duration,
    /// How long a client may take to send a body that nobody wants.
    pub body_timeout: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one address, or requests of one that a proxy names.
    pub connections_per_address: usize,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<AddressRange>,
    /// How long running requests may take after the stop.
    pub shutdown: Duration,
}

/// Serves until `stop` resolves; then takes no new connections and lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: SocketLimits,
    stop: impl Future<Output = ()>,
) {
    let counts = Connections::new(limits.connections);
    serve_counted(listener, tls, router, limits, counts, stop).await;
}

/// The same, and has its connections counted.
pub(crate) async fn serve_counted(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: SocketLimits,
    counts: Connections,
    stop: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder.max_buf_size(BUFFER_BYTES);
    let graceful = GracefulShutdown::new();
    let (running, stopped) = watch::channel(());
    let permits = counts.places();
    let refusals = Arc::new(Semaphore::new(REFUSALS_AT_ONCE));
    let clients = Arc::new(Clients::new(limits.connections_per_address, limits.trusted_proxies));
    let failures = Arc::<Failures>::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = async { (permit.await, listener.accept().await) };
        let (permit, stream, peer) = tokio::select! {
            () = &mut stop => break,
            (permit, accepted) = accepted => match accepted {
                Ok((stream, address)) => (permit, stream, address.ip()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    pause_after_accept_error().await;
                    continue;
                }
            },
        };
        let is_proxy = clients.is_proxy(peer);
        let place = if is_proxy { None } else { clients.place(peer) };
        if !is_proxy && place.is_none() {
            counts.note_refusal();
            tracing::debug!(client = %peer, "a client has too many connections");
            // Before a handshake nothing can be said.
            if tls.is_none()
                && let Ok(turn) = Arc::clone(&refusals).try_acquire_owned()
            {
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(REFUSAL_TIME, refuse(stream)).await;
                    drop(turn);
                });
            }
            continue;
        }
        // Small answers must not wait for more data to fill a packet.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.answer_timeout));
        let connection = Connection {
            builder: builder.clone(),
            watcher: graceful.watcher(),
            clients: Arc::clone(&clients),
            router: router.clone(),
            body_timeout: limits.body_timeout,
            peer,
            is_proxy,
        };
        let handshake = tls.clone().map(|tls| Handshake {
            tls,
            peer,
            time_limit: limits.header_timeout,
            stopped: stopped.clone(),
            failures: Arc::clone(&failures),
        });
        tokio::spawn(async move {
            let stream = Box::pin(stream);
            match handshake {
                None => connection.serve(stream).await,
                Some(handshake) => {
                    if let Some(stream) = handshake.run(stream).await {
                        connection.serve(stream).await;
                    }
                }
            }
            drop((permit, place));
        });
    }
    drop((listener, running));
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still running at the end of limits.shutdown_ms");
    }
}

/// A client's connection, before it is served.
struct Connection {
    builder: http1::Builder,
    watcher: Watcher,
    clients: Arc<Clients>,
    router: Router,
    body_timeout: Duration,
    peer: IpAddr,
    is_proxy: bool,
}

impl Connection {
    async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self { builder, watcher, clients, router, body_timeout, peer, is_proxy } = self;
        let unsent = Unsent::default();
        let stream = TokioIo::new(Explained::new(Sending::new(stream, unsent.clone())));
        let service = service_fn(move |request| {
            let client = if is_proxy {
                Client::named_by_proxy(&clients, peer, &request)
            } else {
                Some(Client { address: peer, place: None })
            };
            let (router, unsent) = (router.clone(), unsent.clone());
            async move {
                let response = match client {
                    Some(client) => answer(client, router, unsent, request).await,
                    None => too_many(request, body_timeout),
                };
                // An error ends the connection without an answer.
                response.extensions().get::<Dropped>().copied().map_or(Ok(response), Err)
            }
        });
        if let Err(error) = watcher.watch(builder.serve_connection(stream, service)).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Whom a request is from.
struct Client {
    address: IpAddr,
    /// The request's own, of whom a proxy names; others have one for their connection.
    place: Option<Place>,
}

impl Client {
    /// None: the one whom the proxy names has all the places that it may have.
    fn named_by_proxy<B>(
        clients: &Arc<Clients>,
        proxy: IpAddr,
        request: &Request<B>,
    ) -> Option<Self> {
        let address = clients.forwarded_for(proxy, request.headers());
        // Who is not named is as many clients as the proxy has.
        let place = if address == proxy { None } else { Some(clients.place(address)?) };
        Some(Self { address, place })
    }
}

async fn answer(
    client: Client,
    mut router: Router,
    unsent: Unsent,
    mut request: Request<Incoming>,
) -> Response<Body> {
    request.extensions_mut().insert(ClientAddress(client.address));
    let Ok(response) = router.call(request).await;
    match client.place {
        Some(place) => unsent.hold(place, response),
        None => response,
    }
}

/// The answer to a request of a client that has too many. What it goes on sending is read, so that its
/// proxy's connection stays usable.
fn too_many(request: Request<Incoming>, body_timeout: Duration) -> Response<Body> {
    drop(kaipiao_http::drained(request.map(Body::new), body_timeout));
    Response::builder()
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .header(CONTENT_TYPE, wire_answer::CONTENT_TYPE)
        .header(RETRY_AFTER, RETRY_AFTER_S)
        .body(wire_answer::too_many_connections().into())
        .expect("its parts are well-formed")
}

/// The same before any request, for a client that has too many connections.
async fn refuse(stream: TcpStream) {
    let retry_after = format!("retry-after: {RETRY_AFTER_S}\r\n");
    let body = wire_answer::too_many_connections();
    handshake::refuse(stream, "503 Service Unavailable", &retry_after, &body).await;
}

/// Out of file descriptors, most likely: trying again at once would only burn the processor.
#[expect(
    clippy::disallowed_methods,
    reason = "a pause in real time, of the machine and not of the domain"
)]
async fn pause_after_accept_error() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const CLIENT: &str = "X-Forwarded-For: 198.51.100.7\r\n";
    /// More than the sockets' buffers take.
    const LARGE: usize = 32 << 20;

    async fn ask(address: SocketAddr, path: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{CLIENT}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn status(address: SocketAddr) -> String {
        let mut answer = String::new();
        ask(address, "/small").await.read_to_string(&mut answer).await.unwrap();
        answer[..12].to_owned()
    }

    #[tokio::test]
    async fn a_place_behind_a_proxy_is_held_until_the_whole_answer_is_sent() {
        let proxy = AddressRange::parse("127.0.0.1").unwrap();
        let limits = SocketLimits {
            header_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            connections: 16,
            connections_per_address: 1,
            trusted_proxies: vec![proxy],
            shutdown: Duration::ZERO,
        };
        let router = Router::new()
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route("/small", get(|| async { "x" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, None, router, limits, core::future::pending()));
        for reads_on in [true, false] {
            let mut large = ask(address, "/large").await;
            let mut begin = [0; 12];
            large.read_exact(&mut begin).await.unwrap();
            assert_eq!(&begin, b"HTTP/1.1 200");
            for _ in 0..3 {
                assert_eq!(status(address).await, "HTTP/1.1 503");
            }
            if reads_on {
                let mut rest = Vec::new();
                large.read_to_end(&mut rest).await.unwrap();
                assert!(rest.len() > LARGE);
            } else {
                drop(large);
            }
            let free = async { while status(address).await != "HTTP/1.1 200" {} };
            tokio::time::timeout(Duration::from_secs(30), free).await.unwrap();
        }
    }
}
