//! What the request log is told of a request and of its answer. Nothing of it holds them up: bodies are seen as they
//! pass, and all else is done behind the log's queue.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use http_body::{Frame, SizeHint};
use kaipiao_app::under_way::UnderWay;
use kaipiao_ports::request_log::{MOST_BODY_BYTES, SeenBody};
use std::sync::Arc;

/// Paths that are nobody's business: what probes and programs that watch ask all the time, and this API's document.
const LEFT_OUT: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"];
/// Where people look at what the server does.
const LEFT_OUT_BENEATH: [&str; 2] = ["/console", "/errors"];
/// How paths of files end that are the same for everybody.
const STATIC_ENDS: [&str; 4] = [".css", ".js", ".svg", ".ico"];
/// Bytes of a Content-Type that are kept.
const MOST_TYPE_BYTES: usize = 128;
/// Bytes of a method that are kept.
pub(crate) const MOST_METHOD_BYTES: usize = 32;
/// What operators change is logged, what they look at is not: reading the log would fill it.
const OPERATORS: &str = "/admin/";

/// Whether the request log has requests like this one.
pub(crate) fn may_be_logged(request: &Request) -> bool {
    let path = request.uri().path();
    let is_look = request.method() == Method::GET && path.starts_with(OPERATORS);
    !is_look && is_business(path)
}

/// Whether people and programs ask for a path, or a route, on their own behalf, and not to see how the server is.
pub(crate) fn is_business(path: &str) -> bool {
    let is_beneath = |folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !LEFT_OUT.contains(&path)
        && !LEFT_OUT_BENEATH.into_iter().any(is_beneath)
        && !STATIC_ENDS.into_iter().any(|end| path.ends_with(end))
}

/// The request with a body that is seen as it is read.
pub(crate) fn with_seen_body(request: Request, under_way: &Arc<UnderWay>) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let is_text = !is_file(request.headers());
    let under_way = Arc::clone(under_way);
    request.map(|body| Body::new(Seen { body, under_way, is_text }))
}

/// A body whose bytes are seen by the request that it is of.
struct Seen {
    body: Body,
    under_way: Arc<UnderWay>,
    is_text: bool,
}

impl HttpBody for Seen {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.under_way.received(data, self.is_text);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The Content-Type; empty: there is none that is text.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    cut(value.unwrap_or_default(), MOST_TYPE_BYTES).to_owned()
}

/// The beginning of a text that a client may make as long as it likes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Whether a request brings a file.
fn is_file(headers: &HeaderMap) -> bool {
    let kind = content_type(headers).to_ascii_lowercase();
    ["multipart/", "image/", "application/pdf", "application/octet-stream"]
        .iter()
        .any(|file| kind.starts_with(file))
}

/// Whether an answer is text that was made for this request.
fn is_text(content_type: &str) -> bool {
    let kinds = ["application/json", "text/html", "text/xml", "application/xml", "text/plain"];
    kinds.iter().any(|kind| content_type.starts_with(kind))
}

/// Whether an answer is a style or a script, which is the same for everybody.
pub(crate) fn is_static(content_type: &str) -> bool {
    ["text/css", "text/javascript", "application/javascript"]
        .iter()
        .any(|kind| content_type.starts_with(kind))
}

/// The answer, and its body as it was seen: of a text its beginning, of all else the length.
pub(crate) fn seen_answer(response: Response) -> (Response, SeenBody) {
    let content_type = content_type(response.headers());
    let whole_bytes = response.body().size_hint().exact().unwrap_or(0);
    if whole_bytes == 0 || !is_text(&content_type) {
        return (response, SeenBody { bytes: Bytes::new(), whole_bytes, content_type });
    }
    let (parts, mut body) = response.into_parts();
    // A text is in memory, in one piece: this never waits.
    let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Some(Ok(frame))) = polled else {
        let seen = SeenBody { bytes: Bytes::new(), whole_bytes, content_type };
        return (Response::from_parts(parts, body), seen);
    };
    let first = frame.into_data().unwrap_or_default();
    let bytes = match first.len() {
        0..=MOST_BODY_BYTES => first.clone(),
        // A copy, so that the whole text does not wait for the log.
        _ => Bytes::copy_from_slice(&first[..MOST_BODY_BYTES]),
    };
    let body = match body.is_end_stream() {
        true => Body::from(first),
        false => Body::new(Rejoined { first: Some(first), rest: body }),
    };
    let seen = SeenBody { bytes, whole_bytes, content_type };
    (Response::from_parts(parts, body), seen)
}

/// A body whose first piece was taken out of it.
struct Rejoined {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Rejoined {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + first);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + first);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn an_answer_arrives_as_it_was_and_its_beginning_is_seen() {
        let long = "中".repeat(MOST_BODY_BYTES);
        for text in ["", "short", &long] {
            let (answer, seen) = seen_answer(text.to_owned().into_response());
            assert_eq!(seen.whole_bytes, text.len() as u64);
            assert_eq!(seen.bytes, text.as_bytes()[..text.len().min(MOST_BODY_BYTES)]);
            assert_eq!(answer.into_body().size_hint().exact(), Some(text.len() as u64));
        }
    }

    #[tokio::test]
    async fn an_answer_in_pieces_arrives_whole() {
        let rejoined = Rejoined { first: Some("ab".into()), rest: Body::from("cd") };
        assert_eq!(rejoined.size_hint().exact(), Some(4));
        assert_eq!(rejoined.collect().await.unwrap().to_bytes(), "abcd");
    }

    #[test]
    fn looking_leaves_no_entry() {
        for (method, path, expected) in [
            ("GET", "/admin/v1/requests", false),
            ("PUT", "/admin/v1/accounts/wx1", true),
            ("GET", "/healthz", false),
            ("GET", "/console", false),
            ("POST", "/console/login", false),
            ("GET", "/consoles", true),
            ("GET", "/docs", false),
            ("GET", "/console/requests/{rid}", false),
            ("GET", "/open/js/picked.js", false),
            ("GET", "/errors/rid/1", false),
            ("POST", "/card/invoice/getauthurl", true),
            ("GET", "/bizmall/authinvoice?x=1", true),
        ] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            assert_eq!(may_be_logged(&request), expected, "{method} {path}");
        }
    }
}
