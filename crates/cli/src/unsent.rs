//! Places of requests whose answers are not sent yet. hyper lets go of an answer's body as soon as its
//! own buffer has taken it, and that may be megabytes that nobody reads. So the body leaves its place
//! with the connection, and the stream beneath hyper gives it back once all is written.

use crate::clients::Place;
use axum::body::{Body, Bytes, HttpBody};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use hyper::Response;
use hyper::body::{Frame, SizeHint};
use std::io::{IoSlice, Result};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The places of a connection's answers that hyper has taken whole.
#[derive(Clone, Default)]
pub(crate) struct Unsent(Arc<Mutex<Vec<Place>>>);

impl Unsent {
    /// The answer, which holds the place until it is sent or its connection ends.
    pub(crate) fn hold(&self, place: Place, answer: Response<Body>) -> Response<Body> {
        let unsent = self.clone();
        answer.map(|body| Body::new(Held { body, place: Some(place), unsent }))
    }

    fn take(&self) -> Vec<Place> {
        core::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An answer's body with its request's place.
struct Held {
    body: Body,
    /// None in drop only.
    place: Option<Place>,
    unsent: Unsent,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<core::result::Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.unsent.0.lock().unwrap_or_else(PoisonError::into_inner).extend(self.place.take());
    }
}

/// A stream that gives the places back: hyper flushes it when everything has been written to it.
pub(crate) struct Sending<S> {
    stream: S,
    unsent: Unsent,
}

impl<S> Sending<S> {
    pub(crate) fn new(stream: S, unsent: Unsent) -> Self {
        Self { stream, unsent }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sending<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sending<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        drop(self.unsent.take());
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
