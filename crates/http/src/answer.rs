//! What a caller gets: HTTP 200 with JSON, for refusals too (D-92).
//!
//! A handler's failure travels as a marker in the response's extensions; `finish` gives it its
//! rid, writes the body and the log line. So no handler can forget one of them.

use crate::call_log::{RefusedRequest, shown_url};
use crate::payment::pay_failed::PayFailed;
use crate::query::{TOKEN, query_value};
use crate::request_metrics::Ended;
use crate::seen::{MOST_METHOD_BYTES, content_type, cut, is_static, seen_answer};
use crate::server::{ClientAddress, Server};
use crate::struck::Strikes;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::access::authenticate;
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::under_way::UnderWay;
use kaipiao_app::{Failure, requests};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::refusal::Compared;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_ports::request_log::SeenRequest;
use kaipiao_wire::answer;
use kaipiao_wire::logged_request::named_on_the_wire;
use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;
use tracing::field::display;

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

/// Writes a failure's body with its rid, one log line per call, and its entry in the request log. The line has no
/// query: it holds the access token, and the secret in /cgi-bin/token.
/// `turned_away`: the answer of a request that is led to no handler.
pub(crate) async fn finish(
    server: &Server,
    under_way: &Arc<UnderWay>,
    request: Request,
    turned_away: Option<Response>,
    next: Next,
    strikes: Option<&Strikes>,
) -> Response {
    let mut waiting = Waiting { server, under_way, asked: Some(Asked::of(server, &request)) };
    let response = match (turned_away, strikes) {
        (Some(response), _) => response,
        (None, None) => next.run(request).await,
        (None, Some(strikes)) => strikes.answer(next.run(request)).await,
    };
    let Some(asked) = waiting.asked.take() else { return response };
    asked.count(server, &response);
    let fault = strikes.and_then(Strikes::struck_by);
    let answered = answered(&asked, &under_way.rid, fault, response);
    if let (Some(text), Some(appid)) = (&answered.refused_json, asked.named(server, under_way)) {
        // What was answered to a token of this server's can be asked for by its rid from now on.
        server.calls.remember(&appid, asked.refused(&under_way.rid, text));
    }
    // The request log has the answer that a fault loses.
    let written = asked.log(server, under_way, answered, strikes.is_some_and(Strikes::drop_answer));
    match strikes {
        None => written,
        Some(strikes) => strikes.sent(written),
    }
}

/// A request whose answer is not there yet. One that is dropped meanwhile, since its client has gone or the server ends,
/// is counted and noted with a status of its own, which nobody is told.
struct Waiting<'a> {
    server: &'a Server,
    under_way: &'a UnderWay,
    /// None: it was answered.
    asked: Option<Asked>,
}

/// As proxies write it.
const GIVEN_UP: u16 = 499;

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(asked) = self.asked.take() else { return };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(GIVEN_UP).unwrap_or_default();
        asked.count(self.server, &response);
        let (method, elapsed_us) = (&asked.method, asked.elapsed_us());
        let route = asked.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        tracing::info!(client = asked.address.map(display), %method, route, status = GIVEN_UP, elapsed_us, "given up");
        asked.log(self.server, self.under_way, Answered::done(response), false);
    }
}

/// The route of what is served nowhere.
pub(crate) const NO_ROUTE: &str = "(no such route)";

/// The status in the request log where no answer was sent.
const NO_STATUS: u16 = 0;

/// A request, as it is remembered until its answer.
struct Asked {
    started: Instant,
    at: Timestamp,
    real_at: Timestamp,
    method: Method,
    route: Option<MatchedPath>,
    address: Option<IpAddr>,
    uri: Uri,
    content_type: String,
}

/// An answer, and why it is a refusal, if it is.
struct Answered {
    response: Response,
    /// A refusal's body in the JSON envelope.
    refused_json: Option<String>,
    refused_with: Option<String>,
    compared: Vec<Compared>,
}

impl Answered {
    const fn done(response: Response) -> Self {
        Self { response, refused_json: None, refused_with: None, compared: Vec::new() }
    }

    fn refused(text: String, code: i32, compared: Vec<Compared>) -> Self {
        Self {
            response: json(StatusCode::OK, text.clone()),
            refused_json: Some(text),
            refused_with: Some(code.to_string()),
            compared,
        }
    }
}

impl Asked {
    fn of(server: &Server, request: &Request) -> Self {
        Self {
            started: Instant::now(),
            at: server.app.now(),
            real_at: server.app.real_now(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            address: request.extensions().get().map(|ClientAddress(address)| *address),
            uri: request.uri().clone(),
            content_type: content_type(request.headers()),
        }
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn count(&self, server: &Server, response: &Response) {
        let route = self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        server.metrics.note(
            &server.app,
            (&self.method, route),
            response.status(),
            &ended(response),
            self.started.elapsed(),
        );
    }

    /// The account of a token of this server's, whether it works or not.
    fn named(&self, server: &Server, under_way: &UnderWay) -> Option<AppId> {
        let named = authenticate::named_by(&server.app, &query_value(&self.uri, TOKEN))?;
        under_way.is_of(named.as_str());
        Some(named)
    }

    fn refused(&self, rid: &str, answer: &str) -> RefusedRequest {
        RefusedRequest {
            rid: rid.to_owned(),
            at: self.at,
            elapsed_ms: self.elapsed_us() / 1000,
            url: shown_url(&self.method, &self.uri),
            answer: answer.to_owned(),
            client: self.address.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }

    /// The answer, once the request log has both.
    fn log(
        self,
        server: &Server,
        under_way: &UnderWay,
        answered: Answered,
        is_lost: bool,
    ) -> Response {
        let Answered { response, refused_with, compared, .. } = answered;
        let Some(log) = requests::log(&server.app).filter(|_| under_way.is_logged()) else {
            return response;
        };
        let took_us = self.elapsed_us();
        let (response, mut answer) = seen_answer(response);
        if under_way.keeps_lengths_alone() {
            answer.bytes = Bytes::new();
        }
        if is_static(&answer.content_type) {
            return response;
        }
        let target = self.uri.path_and_query().map_or("", PathAndQuery::as_str);
        log.note(SeenRequest {
            rid: under_way.rid.clone(),
            real_ms: self.real_at.unix_millis(),
            domain_ms: self.at.unix_millis(),
            took_us,
            account: under_way.account().map(str::to_owned),
            orders: under_way.orders(),
            method: cut(self.method.as_str(), MOST_METHOD_BYTES).to_owned(),
            route: self.route.map(|route| route.as_str().to_owned()).unwrap_or_default(),
            target: target.to_owned(),
            client: self.address,
            status: if is_lost { NO_STATUS } else { response.status().as_u16() },
            refused_with,
            compared,
            request: under_way.body(self.content_type),
            answer,
        });
        response
    }
}

/// The answer as it is written, and its log line, with the plan of the fault that the request met. Debug keeps a caller's
/// line breaks from making lines of their own.
fn answered(asked: &Asked, rid: &str, fault: Option<u64>, mut response: Response) -> Answered {
    let (method, elapsed_us) = (&asked.method, asked.elapsed_us());
    let client = asked.address.map(display);
    let route = asked.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    match response.extensions_mut().remove::<Marker>() {
        None if fault.is_some() => {
            tracing::info!(client, %method, route, fault, elapsed_us, "met a fault");
            Answered::done(response)
        }
        None => {
            let status = response.status().as_u16();
            tracing::debug!(client, %method, route, status, elapsed_us, "answered");
            Answered::done(response)
        }
        Some(Marker::Pay(failed)) => {
            let why = failed.failure.to_string();
            let err_code = failed.failure.code().name();
            match &failed.failure {
                PayFailure::Refused(_) => {
                    tracing::info!(client, %method, route, err_code, ?why, fault, elapsed_us, "refused");
                }
                PayFailure::Failed(_) => {
                    tracing::error!(client, %method, route, ?why, fault, elapsed_us, "failed");
                }
            }
            let refused_with = Some(err_code.to_owned());
            Answered { refused_with, ..Answered::done(failed.written(rid)) }
        }
        Some(Marker::Json(Failure::Refused(refusal))) => {
            let why = refusal.to_string();
            let errcode = refusal.code.number();
            tracing::info!(client, %method, route, errcode, ?why, fault, elapsed_us, "refused");
            let text = answer::refused(&refusal, rid);
            Answered::refused(text, errcode, named_on_the_wire(refusal.compared))
        }
        Some(Marker::Json(failure)) => {
            let why = failure.to_string();
            tracing::error!(client, %method, route, errcode = -1, ?why, fault, elapsed_us, "failed");
            Answered::refused(answer::system_error(rid), -1, Vec::new())
        }
    }
}
