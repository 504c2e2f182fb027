//! The sandbox's clock, as test suites see and change it.

use crate::admin::error::{SandboxRefusals, failed};
use crate::answer::json;
use crate::body::RequestBody;
use crate::server::Server;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::sandbox_clock::ClockFace;
use kaipiao_wire::answer::bare;
use kaipiao_wire::clock_change;
use serde::Serialize;
use utoipa::ToSchema;

/// What the clock shows: unix seconds, how far that is ahead of real time, and how it goes on.
#[derive(Serialize, ToSchema)]
struct ClockJson {
    now: i64,
    ahead_s: i64,
    /// Seconds that it shows for each real one.
    rate: f64,
}

/// A moment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read leniently; this says what it may be")]
#[serde(untagged)]
pub(super) enum Moment {
    /// Unix seconds.
    UnixSeconds(i64),
    /// An RFC 3339 text.
    Text(String),
}

/// How the clock shall go.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct ClockBody {
    /// Seconds forward.
    #[schema(minimum = 0)]
    advance_s: Option<i64>,
    /// Unix seconds, or an RFC 3339 text: what it shall show, not before what it shows.
    #[schema(value_type = Option<Moment>)]
    set: Option<()>,
    /// Seconds that it shows for each real one, with at most 3 decimals.
    #[schema(minimum = 0, maximum = 86400)]
    rate: Option<f64>,
    /// true: it stands, as with rate 0.
    stopped: Option<bool>,
}

/// `GET /sandbox/v1/clock`: what it shows.
#[utoipa::path(
    get,
    path = "/sandbox/v1/clock",
    tag = "sandbox",
    operation_id = "getClock",
    responses(
        (status = 200, description = "What it shows.", body = ClockJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn clock(State(server): State<Server>) -> Response {
    shown(server.sandbox().clock.face(&server.app))
}

/// `{"advance_s"?,"set"?,"rate"?,"stopped"?}`: the clock that rules the domain goes forward, never back.
#[utoipa::path(
    post,
    path = "/sandbox/v1/clock",
    tag = "sandbox",
    operation_id = "changeClock",
    description = "Forward, never back.",
    request_body = ClockBody,
    responses(
        (status = 200, description = "What it shows now.", body = ClockJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn change_clock(State(server): State<Server>, body: RequestBody) -> Response {
    let change = match body.object().and_then(|object| clock_change::read(&object)) {
        Ok(change) => change,
        Err(refusal) => return failed(refusal.into()),
    };
    match server.sandbox().clock.change(&server.app, change).await {
        Ok(face) => shown(face),
        Err(failure) => failed(failure),
    }
}

fn shown(ClockFace { now, ahead_s, rate }: ClockFace) -> Response {
    let rate = f64::from(rate.thousandths()) / 1000.0;
    json(StatusCode::OK, bare(&ClockJson { now: now.unix_seconds(), ahead_s, rate }))
}
