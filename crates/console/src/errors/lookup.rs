//! From a rid to its request.

use crate::console::Console;
use crate::errors::address::PATH;
use crate::requests::address::request_address;
use crate::seat::Seat;
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::requests;
use kaipiao_pages::{encoded, see_other};

/// `GET /console/errors/rid?rid=`: on to the newest request of that rid, if there is one that this user may see.
pub(crate) async fn look_up(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    // Whoever pastes a whole errmsg has its rid at the end.
    let rid = seat.query.get("rid").split_whitespace().next_back().unwrap_or("");
    let failed = |failure| seat.failed(&failure);
    if let Some(request) = requests::find(&console.app, rid).await.map_err(failed)?
        && requests::is_seen_by(&console.app, &request, &seat.role).await.map_err(failed)?
    {
        return Ok(see_other(&request_address(&request)));
    }
    Ok(see_other(&format!("{PATH}?rid={}", encoded(rid))))
}
