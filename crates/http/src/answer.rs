//! What a caller gets: HTTP 200 with JSON, for refusals too (D-92).
//!
//! A handler's failure travels as a marker in the response's extensions; `finish` gives it its
//! rid, writes the body and the log line. So no handler can forget one of them.

use crate::call_log::{RefusedRequest, shown_url};
use crate::payment::pay_failed::PayFailed;
use crate::query::{TOKEN, query_value};
use crate::request_metrics::Ended;
use crate::server::{ClientAddress, Server};
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::access::authenticate;
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::{App, Failure};
use kaipiao_domain::Refusal;
use kaipiao_ports::entropy::PieceOfWork;
use kaipiao_wire::answer;
use std::any::Any;
use std::net::IpAddr;
use std::time::Instant;
use tracing::Instrument;
use tracing::field::{Empty, display};

/// A handler's answer: the JSON text of a success.
pub(crate) struct JsonAnswer(pub(crate) String);

impl IntoResponse for JsonAnswer {
    fn into_response(self) -> Response {
        json(StatusCode::OK, self.0)
    }
}

/// A handler's failure.
pub(crate) struct Failed(pub(crate) Failure);

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

/// What `finish` finds in a failed response: each group of routes writes its failures in its own way.
#[derive(Clone)]
enum Marker {
    /// In the JSON envelope.
    Json(Failure),
    /// In WeChat Pay's XML.
    Pay(PayFailed),
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        marked(Marker::Json(self.0))
    }
}

impl IntoResponse for PayFailed {
    fn into_response(self) -> Response {
        marked(Marker::Pay(self))
    }
}

fn marked(marker: Marker) -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(marker);
    response
}

pub(crate) fn json(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(answer::CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// What metrics tell of an answer before it is written.
fn ended(response: &Response) -> Ended {
    match response.extensions().get::<Marker>() {
        None => Ended::Answered,
        Some(Marker::Json(Failure::Refused(refusal))) => {
            Ended::Refused(refusal.code.number().to_string())
        }
        Some(Marker::Pay(PayFailed { failure: PayFailure::Refused(refusal), .. })) => {
            Ended::Refused(refusal.code.name().to_owned())
        }
        Some(Marker::Json(_) | Marker::Pay(_)) => Ended::Failed,
    }
}

/// A panic is a fault of ours: -1, and the server goes on.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Failed(panic_failure()).into_response()
}

/// What the log says of a panic beside the rid. Its words stay out: they may quote what was sent, a secret too (D-183).
/// Where it was stands in the line before, which the process writes.
pub(crate) fn panic_failure() -> Failure {
    Failure::Damaged("a panic; the line before says where".to_owned())
}

pub(crate) fn new_rid(app: &App) -> String {
    answer::rid(app.now().unix_seconds(), app.random())
}

/// Has a request answered, with randomness of its own where it follows from a seed.
pub(crate) async fn finish(server: &Server, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let name = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let work = format!("{} {name}", request.method());
    let answering = answered(server, request, route.clone(), next);
    server.app.drawing(PieceOfWork::Request(&work), answering).await
}

const NO_ROUTE: &str = "(no such route)";

/// Writes a failure's body with its rid, and one log line per call. The query is not logged: it
/// holds the access token, and the secret in /cgi-bin/token.
async fn answered(
    server: &Server,
    request: Request,
    route: Option<MatchedPath>,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let address = request.extensions().get().map(|ClientAddress(address)| *address);
    let client = address.map(display);
    let uri = request.uri().clone();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let span = tracing::debug_span!("request", %method, route, rid = Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let new_rid = |app| {
        let rid = new_rid(app);
        span.record("rid", &rid);
        rid
    };
    // What was answered to a token of this server's can be asked for by its rid from now on.
    let remember = |answer: &str, rid: String| {
        let Some(appid) = authenticate::named_by(&server.app, &query_value(&uri, TOKEN)) else {
            return;
        };
        let refused = RefusedRequest {
            rid,
            at: server.app.now(),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            url: shown_url(&method, &uri),
            answer: answer.to_owned(),
            client: address.map(|ip: IpAddr| ip.to_string()).unwrap_or_default(),
        };
        server.calls.remember(&appid, refused);
    };
    let elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    server.metrics.note(
        &server.app,
        (&method, route),
        response.status(),
        &ended(&response),
        started.elapsed(),
    );
    match response.extensions_mut().remove::<Marker>() {
        None => {
            let status = response.status().as_u16();
            tracing::debug!(client, %method, route, status, elapsed_us, "answered");
            response
        }
        Some(Marker::Pay(failed)) => {
            let rid = new_rid(&server.app);
            let why = failed.failure.to_string();
            match &failed.failure {
                PayFailure::Refused(refusal) => {
                    let err_code = refusal.code.name();
                    tracing::info!(client, %method, route, %rid, err_code, ?why, elapsed_us, "refused");
                }
                PayFailure::Failed(_) => {
                    tracing::error!(client, %method, route, %rid, ?why, elapsed_us, "failed");
                }
            }
            failed.written(&rid)
        }
        Some(Marker::Json(Failure::Refused(refusal))) => {
            let rid = new_rid(&server.app);
            // Debug keeps a caller's line breaks from making lines of their own.
            let why = refusal.to_string();
            tracing::info!(client, %method, route, %rid, errcode = refusal.code.number(), ?why, elapsed_us, "refused");
            let text = answer::refused(&refusal, &rid);
            remember(&text, rid);
            json(StatusCode::OK, text)
        }
        Some(Marker::Json(failure)) => {
            let why = failure.to_string();
            let rid = new_rid(&server.app);
            tracing::error!(client, %method, route, %rid, errcode = -1, ?why, elapsed_us, "failed");
            let text = answer::system_error(&rid);
            remember(&text, rid);
            json(StatusCode::OK, text)
        }
    }
}
