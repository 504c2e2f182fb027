//! Sending again: one push, or all that have failed since a moment, of one receiver or, for operators, of all.

use crate::choice::seen_party;
use crate::console::Console;
use crate::pushes::address::{PATH, push_address};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::access::sight;
use kaipiao_app::delivery::pushes::{self, ReplayPlace, Since};
use kaipiao_pages::{encoded, see_other};
use kaipiao_ports::delivery::outbox::{PushId, Replayed};

const HOUR_MS: i64 = 3_600_000;
/// Pushes that one form sends again at most, and pages that it looks through for them; another form goes on behind.
const MOST_REPLAYED: u64 = 2_000;
const MOST_PAGES: usize = 20;
const PAGE: u64 = 500;

/// The push of that id, if this user may see what its receiver gets.
pub(crate) async fn seen(console: &Console, seat: &Seat, id: &str) -> Result<PushId, Response> {
    let id = PushId::parse(id).ok_or_else(|| seat.frame.not_found())?;
    let is_seen = sight::sees(&console.app, &seat.role, &id.account).await;
    match is_seen.map_err(|failure| seat.failed(&failure))? {
        true => Ok(id),
        false => Err(seat.frame.not_found()),
    }
}

/// `POST /console/pushes/{id}/replay`
pub(crate) async fn one(
    State(console): State<Console>,
    Named(id): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let push = seen(&console, &seat, &id).await?;
    let said = match pushes::replay(&console.app, &push).await {
        Ok(Replayed::Yes) => {
            tracing::info!(id, by = seat.name(), "a push is sent again by the console");
            "replayed"
        }
        Ok(Replayed::IsOpen) => "open",
        Ok(Replayed::NoSuchPush) => return Err(seat.frame.not_found()),
        Err(failure) => return Err(seat.failed(&failure)),
    };
    Ok(see_other(&format!("{}?said={said}", push_address(&id))))
}

/// `POST /console/pushes/replay {appid, hours, after}`: of an account or a pay merchant; an operator's without one of all.
pub(crate) async fn all(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let account = match seat.form.get("appid").trim() {
        "" if seat.role.is_operator() => None,
        name => Some(seen_party(&console, &seat, name).await?),
    };
    let hours: i64 = seat.form.get("hours").parse().unwrap_or(1);
    let since = Since::Span { ms: hours.clamp(1, 720) * HOUR_MS };
    let place = ReplayPlace::parse(seat.form.get("after"));
    let mut next = Some(place.unwrap_or_else(|| ReplayPlace::beginning(&console.app)));
    let mut replayed = 0;
    for _ in 0..MOST_PAGES {
        let limit = usize::try_from(PAGE.min(MOST_REPLAYED - replayed)).unwrap_or(0);
        let Some(place) = next.take_if(|_| limit > 0) else { break };
        let page =
            pushes::replay_failed(&console.app, account.as_deref(), since, place, limit).await;
        let page = page.map_err(|failure| seat.failed(&failure))?;
        replayed += page.replayed;
        next = page.next;
    }
    let next = next.map(|place| format!("&hours={hours}&next={}", encoded(&place.to_string())));
    let next = next.unwrap_or_default();
    let account = account.unwrap_or_default();
    tracing::info!(
        account,
        replayed,
        by = seat.name(),
        "failed pushes are sent again by the console"
    );
    Ok(see_other(&format!("{PATH}?appid={account}&replayed={replayed}{next}")))
}
