//! Bodies that nobody reads to their end. A connection that is closed while its client still sends
//! loses the answer on its way, so what is left is read and forgotten beside the answer: for as long
//! as a body may take, and up to a bound.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use std::time::Instant;
use tokio::runtime::Handle;

/// Bytes that are read and forgotten at most. A client that sends more loses its connection.
const MAX_FORGOTTEN: usize = 64 << 20;

/// A body whose unread rest is read and forgotten when it is dropped.
struct Drained {
    /// None: it was read to its end.
    body: Option<Body>,
    /// So long its client may take to send it, wanted or not.
    until: Instant,
    /// The client sends nothing before it is told to: there is nothing to forget.
    is_held_back: bool,
}

/// The request with a body that is drained when it is dropped.
pub fn drained(request: Request, time_limit: Duration) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let until = Instant::now() + time_limit;
    let is_held_back = request.headers().contains_key(EXPECT);
    request.map(|body| Body::new(Drained { body: Some(body), until, is_held_back }))
}

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        self.is_held_back = false;
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else { return };
        if self.is_held_back || body.is_end_stream() {
            return;
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(left, forget(body)));
        }
    }
}

async fn forget(body: Body) {
    let mut body = Limited::new(body, MAX_FORGOTTEN);
    while let Some(Ok(_)) = body.frame().await {}
}
