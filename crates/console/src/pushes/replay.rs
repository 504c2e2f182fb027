//! Sending again: one push, or all of an account's that have failed since a moment.

use crate::console::Console;
use crate::frame::see_other;
use crate::pushes::address::{PATH, push_address};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::delivery::pushes::{self, ReplayPlace};
use kaipiao_domain::access::account::AppId;
use kaipiao_ports::delivery::outbox::{PushId, Replayed};

const HOUR_MS: i64 = 3_600_000;
/// Pages of one form; what is left after that many another form sends.
const MOST_PAGES: usize = 20;
const PAGE: usize = 500;

/// The push of that id, if this user may see its receiver's things. What a pay merchant receives is the operator's.
pub(crate) fn seen(seat: &Seat, id: &str) -> Result<PushId, Response> {
    let id = PushId::parse(id);
    let is_theirs = |id: &PushId| {
        let account = AppId::parse(&id.account);
        seat.role.is_operator() || account.is_some_and(|account| seat.role.sees(&account))
    };
    id.filter(is_theirs).ok_or_else(|| seat.frame.not_found())
}

/// `POST /console/pushes/{id}/replay`
pub(crate) async fn one(
    State(console): State<Console>,
    Named(id): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let push = seen(&seat, &id)?;
    let said = match pushes::replay(&console.app, &push).await {
        Ok(Replayed::Yes) => "replayed",
        Ok(Replayed::IsOpen) => "open",
        Ok(Replayed::NoSuchPush) => return Err(seat.frame.not_found()),
        Err(failure) => return Err(seat.failed(&failure)),
    };
    Ok(see_other(&format!("{}?said={said}", push_address(&id))))
}

/// `POST /console/pushes/replay {appid, hours}`
pub(crate) async fn all(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let account = seat.account(&console, seat.form.get("appid")).await?.appid;
    let hours: i64 = seat.form.get("hours").parse().unwrap_or(1);
    let since_ms = console.app.now().unix_millis() - hours.clamp(1, 720) * HOUR_MS;
    let (mut replayed, mut place) = (0, ReplayPlace::default());
    for _ in 0..MOST_PAGES {
        let page =
            pushes::replay_failed(&console.app, account.as_str(), since_ms, place, PAGE).await;
        let page = page.map_err(|failure| seat.failed(&failure))?;
        replayed += page.replayed;
        let Some(next) = page.next else { break };
        place = next;
    }
    tracing::info!(%account, replayed, by = seat.name(), "failed pushes are sent again by the console");
    Ok(see_other(&format!("{PATH}?appid={account}&replayed={replayed}")))
}
