//! Name spaces are made and removed.

use crate::console::Console;
use crate::frame::see_other;
use crate::sandbox::clock::in_china;
use crate::sandbox::show::{PATH, done, not_done, refused};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, NewNameSpace};
use kaipiao_wire::object::Object;

/// `POST /console/sandbox/spaces {space, seed, now}`
pub(crate) async fn make(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let now = in_china(seat.form.get("now"));
    let asked =
        [("name", seat.form.get("space").trim()), ("seed", seat.form.get("seed")), ("now", &now)];
    let asked = Object::of_texts(asked.into_iter().filter(|(_, text)| !text.is_empty()));
    let wanted = match NewNameSpace::read(&asked) {
        Ok(wanted) => wanted,
        Err(refusal) => return refused(&console, &seat, refusal.into()).await,
    };
    match sandbox.name_spaces.create(wanted).await {
        Ok(made) => {
            tracing::info!(
                name = made.name,
                by = seat.name(),
                "a name space was made by the console"
            );
            Ok(done("made"))
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
}

/// `POST /console/sandbox/spaces/{name}/remove`: whoever removes the one that they are in is in the default one then.
pub(crate) async fn remove(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    match sandbox.name_spaces.remove(&name).await {
        Ok(()) => {
            tracing::info!(name, by = seat.name(), "a name space was removed by the console");
            let is_left = name == sandbox.name_space;
            let left = || see_other(&format!("/ns/{DEFAULT_NAME_SPACE}{PATH}?said=removed"));
            Ok(if is_left { left() } else { done("removed") })
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
}
