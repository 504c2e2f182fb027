//! The sender port: one HTTP request to somebody else's server.

use async_trait::async_trait;
use core::time::Duration;
use std::borrow::Cow;
use std::net::IpAddr;

/// A request to somebody else's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The whole address.
    pub url: String,
    /// Headers besides the Content-Type and the client's own.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// POST with this; None: GET.
    pub content: Option<Content>,
    /// How long the whole exchange may take, connecting included.
    pub time_limit: Duration,
    /// How much of the answer's body is read, in bytes.
    pub most_answer_bytes: usize,
}

impl Outgoing {
    /// How much is read of what a receiver of pushes or an issuer says: 64 KiB (D-36).
    pub const MOST_ANSWER_BYTES: usize = 64 << 10;
}

/// The body of a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The Content-Type.
    pub content_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A complete answer, or at least all of it that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The HTTP status. A redirect is an answer like any other: it is not followed.
    pub status: u16,
    /// The headers whose values are ASCII; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as much of it as was to be read.
    pub body: Vec<u8>,
}

impl Incoming {
    /// The first header of that name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(found, _)| found == name)?;
        Some(value)
    }
}

/// Why there is no answer. The texts are for people: the merchant's developers read them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The address cannot be used at all.
    #[error("the address cannot be used: {0}")]
    BadAddress(String),
    /// The address is private, and this server sends to public ones only.
    #[error("{0} is a private address, which this server does not send to")]
    PrivateAddress(String),
    /// No connection: name, network or TLS.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The time was over before the answer was.
    #[error("no whole answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection ended before the answer did, or what came is not HTTP.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// Sends.
#[async_trait]
pub trait Sender: Send + Sync + 'static {
    /// Sends one request and reads its answer. Never takes longer than the time limit.
    async fn send(&self, outgoing: Outgoing) -> Result<Incoming, SendError>;

    /// The addresses that an address's host has at this moment, if all of them may be sent to. Connects to nobody, and never
    /// takes longer than the time limit.
    async fn addresses(&self, url: &str, time_limit: Duration) -> Result<Vec<IpAddr>, SendError>;
}
