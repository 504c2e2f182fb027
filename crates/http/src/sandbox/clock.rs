//! The sandbox's clock, as test suites see and change it.

use crate::admin::error::failed;
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

/// What the clock shows: unix seconds, how far that is ahead of real time, and how it goes on.
#[derive(Serialize)]
struct ClockJson {
    now: i64,
    ahead_s: i64,
    /// Seconds that it shows for each real one.
    rate: f64,
}

/// `GET /sandbox/v1/clock`: what it shows.
pub(crate) async fn clock(State(server): State<Server>) -> Response {
    shown(server.sandbox().clock.face(&server.app))
}

/// `{"advance_s"?,"set"?,"rate"?,"stopped"?}`: the clock that rules the domain goes forward, never back.
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
