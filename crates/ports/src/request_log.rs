//! The request log port: what was asked and answered, for the people who integrate and operate.
//!
//! It stands beside the store and costs a request no commit: what is noted may be lost with a crash, and what finds the
//! queue full is dropped and counted. Each node has its own.

use async_trait::async_trait;
use bytes::Bytes;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::refusal::Compared;
use std::net::IpAddr;

/// How much of each body is kept: 16 KiB.
pub const MOST_BODY_BYTES: usize = 16 << 10;

/// A request that was answered, as it went by. Nothing of it is read, masked or searched before it is in the queue.
#[derive(Clone, Debug, Default)]
pub struct SeenRequest {
    /// Its request id, the one of errmsg and of the log's lines.
    pub rid: String,
    /// When it came, in unix milliseconds of real time.
    pub real_ms: i64,
    /// The same by the clock that rules the domain.
    pub domain_ms: i64,
    /// How long its answer took, in microseconds.
    pub took_us: u64,
    /// Whose it is, where that is proved: the appid of its token, or the pay merchant whose key has signed it.
    pub account: Option<String>,
    /// The orders that it was found to concern, whatever its texts name them by.
    pub orders: Vec<OrderKey>,
    /// The HTTP method.
    pub method: String,
    /// The route, with its parameters' names in braces; empty: there is none at this path.
    pub route: String,
    /// Path and query as they were sent.
    pub target: String,
    /// Whom it is from; None: not known.
    pub client: Option<IpAddr>,
    /// The HTTP status of the answer; 0: none was sent, and the answer here was lost.
    pub status: u16,
    /// The code that it was refused with, as its kind of call writes it; None: it was not refused.
    pub refused_with: Option<String>,
    /// What the refusal compared.
    pub compared: Vec<Compared>,
    /// The body that was sent.
    pub request: SeenBody,
    /// The body that was answered.
    pub answer: SeenBody,
}

/// A body as it went by.
#[derive(Clone, Debug, Default)]
pub struct SeenBody {
    /// Its beginning, [`MOST_BODY_BYTES`] at most; empty: there is none, or none that is text.
    pub bytes: Bytes,
    /// How long it was, in bytes.
    pub whole_bytes: u64,
    /// Its Content-Type; empty: it has none.
    pub content_type: String,
}

/// A request in the log. Secrets in its texts are masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Its place in the log: the moment it was noted at in unix microseconds of real time, unique, and growing.
    pub id: i64,
    /// Its request id.
    pub rid: String,
    /// When it came, in unix milliseconds of real time.
    pub real_ms: i64,
    /// The same by the clock that rules the domain.
    pub domain_ms: i64,
    /// How long its answer took, in microseconds.
    pub took_us: u64,
    /// Whom it concerns: the appid of its token or the mchid of its signature, or else the mchid or appid that it names,
    /// or the merchant of the order that it concerns; empty: nobody.
    pub account: String,
    /// Whether its token or signature proves that it is the account's; otherwise it only names it, as anybody may.
    pub is_proved: bool,
    /// The appid that it names in its texts, as anybody may; empty: none.
    pub named_appid: String,
    /// The HTTP method.
    pub method: String,
    /// The route, with its parameters' names in braces; empty: there is none at this path.
    pub route: String,
    /// Path and query.
    pub target: String,
    /// Whom it is from; empty: not known.
    pub client: String,
    /// The HTTP status of the answer; 0: none was sent, and the answer here was lost.
    pub status: u16,
    /// The answer's `errcode`, or a pay merchant's `err_code` (`SUCCESS`, `FAIL` without one); empty: the answer has none.
    pub errcode: String,
    /// The numbers of the orders that it concerns, and of those that it names.
    pub order_ids: Vec<String>,
    /// Those that it was found to concern, with the merchant whose they are.
    pub found_orders: Vec<OrderKey>,
    /// What the refusal compared.
    pub compared: Vec<Compared>,
    /// The body that was sent.
    pub request: LoggedBody,
    /// The body that was answered.
    pub answer: LoggedBody,
}

/// A body in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedBody {
    /// Its beginning; None: it is no text, or a listing that leaves bodies out.
    pub text: Option<String>,
    /// How long it was, in bytes, however much of it is kept.
    pub whole_bytes: u64,
}

/// Whose order is asked for, where several merchants have one of the same number. A request is meant that was found to
/// concern this merchant's; one that was found to concern none of that number, if it is of one of the accounts, or names the
/// merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderOwner {
    /// The merchant's appid.
    pub merchant: String,
    /// Accounts that speak of no other merchant's orders: the merchant itself, and the apps bound to it.
    pub accounts: Vec<String>,
}

/// Which requests are asked for: those that are all of it. What is None or empty asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestQuery {
    /// [`LoggedRequest::account`] is one of these; None: anybody's. An empty list has nothing.
    pub accounts: Option<Vec<String>>,
    /// [`LoggedRequest::route`].
    pub route: Option<String>,
    /// Not [`LoggedRequest::route`].
    pub except_route: Option<String>,
    /// [`LoggedRequest::errcode`].
    pub errcode: Option<String>,
    /// [`LoggedRequest::rid`].
    pub rid: Option<String>,
    /// One of [`LoggedRequest::order_ids`].
    pub order_id: Option<String>,
    /// Whose the order of that number is; None: anybody's.
    pub order_owner: Option<OrderOwner>,
    /// Not before this moment of real time, in unix milliseconds.
    pub from_ms: Option<i64>,
    /// Not after this moment.
    pub to_ms: Option<i64>,
    /// Only those noted before the one with this [`LoggedRequest::id`].
    pub before: Option<i64>,
    /// Only those with [`LoggedRequest::is_proved`]: whoever works for an account is not shown what others write in its
    /// name.
    pub is_proved: bool,
    /// The oldest first, from the beginning of what is asked for: nothing follows such a page but by its own `limit`.
    pub oldest_first: bool,
    /// How many at most.
    pub limit: usize,
}

/// A page of the log, newest first unless it is asked for otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// The requests, without their bodies' texts.
    pub requests: Vec<LoggedRequest>,
    /// Where the next page begins ([`RequestQuery::before`]); None: there are no more. A page looks at a bounded number of
    /// requests, so it may have few, or none, and still be followed by more. Of the oldest first: where this page ended.
    pub next: Option<i64>,
}

/// What an account's own requests were answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestTally {
    /// How many requests were looked at.
    pub requests: u64,
    /// Whether there are more, which were not looked at.
    pub is_cut: bool,
    /// Of each [`LoggedRequest::errcode`] how many, the most frequent first.
    pub errcodes: Vec<(String, u64)>,
}

/// Why the log told nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestLogError {
    /// The log is away.
    #[error("the request log is unavailable: {0}")]
    Away(String),
}

/// Keeps the newest requests.
#[async_trait]
pub trait RequestLog: Send + Sync + 'static {
    /// Whether one more request would be kept at this moment; if not, it is counted as dropped, and not noted. Costs
    /// nothing: whoever would copy bodies asks first.
    fn admits(&self) -> bool;

    /// Notes a request. Never waits: one that finds no room is dropped, and counted.
    fn note(&self, request: SeenRequest);

    /// How many were dropped since the start.
    fn dropped(&self) -> u64;

    /// How many wait to be written.
    fn queued(&self) -> usize;

    /// A page of what was noted before it was asked for.
    async fn page(&self, query: &RequestQuery) -> Result<RequestPage, RequestLogError>;

    /// The request at a place ([`LoggedRequest::id`]), with its bodies; None: it has gone.
    async fn at(&self, id: i64) -> Result<Option<LoggedRequest>, RequestLogError>;

    /// The newest request of that rid, with its bodies.
    async fn find(&self, rid: &str) -> Result<Option<LoggedRequest>, RequestLogError>;

    /// What the newest requests that are proved to be an account's were answered with, not before a moment of real time in
    /// unix milliseconds. A bounded number of them is looked at.
    async fn tally(&self, account: &str, from_ms: i64) -> Result<RequestTally, RequestLogError>;

    /// Keeps what was noted, and lets go of the log: another may have it. What is noted later is dropped, and whoever
    /// reads is told that the log is away.
    async fn end(&self);
}
