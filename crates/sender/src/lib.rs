//! Delivery's HTTP client, the Sender port over HTTP/1.1 and TLS.
//!
//! - One time limit for the whole exchange: name, connection, TLS, request, answer.
//! - Redirects are answers, not followed.
//! - An answer is read as far as whoever asks wants it; what is longer is cut, and its connection with it.
//! - Certificates are checked against the machine's trust store, and the operator's own file.
//! - Names are looked up without a thread ([`resolver`]): a name server that hangs holds up nobody
//!   else's push.
//! - Private addresses can be refused. The check is made where the connection is made, on the
//!   addresses that the name has at that moment ([`guard`]): a name that changes its mind between a
//!   check and a connection gains nothing.

pub mod guard;
mod resolver;

use async_trait::async_trait;
use core::error::Error;
use guard::Guard;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming as IncomingBody};
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kaipiao_ports::delivery::sender::{Content, Incoming, Outgoing, SendError, Sender};
use resolver::GuardedResolver;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;
use tower_service::Service;

/// A connection that nobody uses is closed after this: before common servers close it from their
/// side (Node after 5 s), and soon enough that a thousand receivers do not hold a thousand sockets.
const IDLE: Duration = Duration::from_secs(2);
/// Unused connections that are kept for one receiver: many accounts may share one.
const IDLE_PER_HOST: usize = 64;

/// The reason for which there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The operator's file of certificates.
    #[error("{0}: {1}")]
    CaFile(PathBuf, String),
    /// TLS itself.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver of names.
    #[error("names of receivers: {0}")]
    Names(String),
}

/// Whom a sender sends to, and whom it believes.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    /// The addresses that may be sent to.
    pub guard: Guard,
    /// Certificates in PEM that are trusted besides the machine's own.
    pub ca_file: Option<PathBuf>,
    /// Asked for the addresses of names; none: those of /etc/resolv.conf.
    pub name_servers: Vec<SocketAddr>,
}

impl SenderSettings {
    /// Sends as the machine is set up, to the addresses that the guard lets pass.
    pub fn of_machine(guard: Guard) -> Self {
        Self { guard, ca_file: None, name_servers: Vec::new() }
    }
}

/// Sends over HTTP and HTTPS, with a pool of connections per receiver.
pub struct HttpSender {
    client: Client<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>,
    guard: Guard,
    resolver: GuardedResolver,
}

impl HttpSender {
    /// Reads what the settings name.
    pub fn new(settings: SenderSettings) -> Result<Self, BuildError> {
        let SenderSettings { guard, ca_file, name_servers } = settings;
        let resolver = GuardedResolver::new(guard.clone(), name_servers)
            .map_err(|error| BuildError::Names(error.to_string()))?;
        let mut connector = HttpConnector::new_with_resolver(resolver.clone());
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(ca_file)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_timer(TokioTimer::new())
            // A kept connection that turns out to be closed before anything was sent is not the
            // receiver's failure: a new one is opened. What was sent is never sent again here.
            .retry_canceled_requests(true)
            .build(connector);
        Ok(Self { client, guard, resolver })
    }

    async fn exchange(&self, outgoing: Outgoing) -> Result<Incoming, SendError> {
        let uri = self.uri(&outgoing.url)?;
        let most_bytes = outgoing.most_answer_bytes;
        let mut request = Request::builder().uri(uri).header(USER_AGENT, "Mozilla/4.0 (Kaipiao)");
        for (name, value) in outgoing.headers {
            request = request.header(&*name, value);
        }
        let request = match outgoing.content {
            Some(Content { content_type, bytes }) => {
                request.method("POST").header(CONTENT_TYPE, content_type).body(bytes.into())
            }
            None => request.method("GET").body(Full::default()),
        };
        let request = request.map_err(|error| SendError::BadAddress(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| no_answer(&error))?;
        read(response, most_bytes).await
    }

    /// Reads an address, without its fragment. A host that is an address itself is checked here:
    /// it needs no resolver.
    fn uri(&self, url: &str) -> Result<Uri, SendError> {
        let bad = |why: &str| SendError::BadAddress(why.to_owned());
        let url = url.split_once('#').map_or(url, |(url, _)| url);
        let uri: Uri =
            url.parse().map_err(|error: hyper::http::uri::InvalidUri| bad(&error.to_string()))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad("it must begin with http:// or https://"));
        }
        let authority = uri.authority().ok_or_else(|| bad("it names no host"))?;
        let host = authority.host();
        let rest = authority.as_str().rsplit_once(host).map_or("", |(_, rest)| rest);
        if authority.as_str().contains('@') {
            return Err(bad("it holds a user name, which would not be sent"));
        }
        if !rest.trim_start_matches(']').is_empty()
            && authority.port_u16().is_none_or(|port| port == 0)
        {
            return Err(bad("its port is none"));
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        if let Ok(address) = literal
            && !self.guard.allows(address)
        {
            return Err(SendError::PrivateAddress(address.to_string()));
        }
        Ok(uri)
    }
}

#[async_trait]
impl Sender for HttpSender {
    async fn send(&self, outgoing: Outgoing) -> Result<Incoming, SendError> {
        let limit = outgoing.time_limit;
        let answered = tokio::time::timeout(limit, self.exchange(outgoing)).await;
        answered.unwrap_or(Err(SendError::TimedOut(limit)))
    }

    async fn addresses(&self, url: &str, limit: Duration) -> Result<Vec<IpAddr>, SendError> {
        let uri = self.uri(url)?;
        let host = uri.host().unwrap_or_default();
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            return Ok(vec![address]);
        }
        let bad = |_| SendError::BadAddress("its host is no name".to_owned());
        let name = Name::from_str(host).map_err(bad)?;
        let found = tokio::time::timeout(limit, self.resolver.clone().call(name)).await;
        match found.map_err(|_| SendError::TimedOut(limit))? {
            Ok(addresses) if addresses.len() > 0 => Ok(addresses.map(|to| to.ip()).collect()),
            Ok(_) => Err(SendError::NoConnection("its name leads nowhere".to_owned())),
            Err(error) => {
                Err(refused(&*error).unwrap_or_else(|| SendError::NoConnection(chain(&*error))))
            }
        }
    }
}

/// Reads an answer's body. A body that ends before its length is no answer; one that is longer
/// than the limit is cut there.
async fn read(response: Response<IncomingBody>, most_bytes: usize) -> Result<Incoming, SendError> {
    let status = response.status().as_u16();
    let headers = headers(&response);
    let (mut incoming, mut body) = (response.into_body(), Vec::new());
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| SendError::Broken(chain(&error)))?;
        if let Some(data) = frame.data_ref() {
            let room = most_bytes - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if body.len() == most_bytes {
                break;
            }
        }
    }
    Ok(Incoming { status, headers, body })
}

fn headers(response: &Response<IncomingBody>) -> Vec<(String, String)> {
    let texts = response.headers().iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    texts.collect()
}

/// What the guard said, where it is the cause of an error.
fn refused(error: &(dyn Error + 'static)) -> Option<SendError> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(guard::PrivateAddress(address)) = inner.downcast_ref() {
            return Some(SendError::PrivateAddress(address.clone()));
        }
        cause = inner.source();
    }
    None
}

fn no_answer(error: &hyper_util::client::legacy::Error) -> SendError {
    if let Some(refused) = refused(error) {
        return refused;
    }
    let why = chain(error);
    if error.is_connect() { SendError::NoConnection(why) } else { SendError::Broken(why) }
}

/// An error with all that caused it, outermost first.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let next = inner.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = inner.source();
    }
    text
}

/// The machine's authorities, read once for all senders of a process. A machine without a trust store can still send in
/// clear, and to the operator's own file's.
static MACHINES_ROOTS: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
});

fn tls(ca_file: Option<PathBuf>) -> Result<ClientConfig, BuildError> {
    let mut roots = MACHINES_ROOTS.clone();
    if let Some(path) = ca_file {
        let wrong = |why: String| BuildError::CaFile(path.clone(), why);
        let pem = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| wrong(error.to_string()))?;
        if certificates.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
