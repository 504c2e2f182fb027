//! Name spaces are made and removed.

use crate::console::Console;
use crate::frame::see_other;
use crate::sandbox::clock::in_china;
use crate::sandbox::show::{PATH, ended, refused};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, NewNameSpace};
use kaipiao_wire::object::Object;

/// `POST /console/sandbox/spaces {space, seed, now, life_s}`
pub(crate) async fn make(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let now = in_china(seat.form.get("now"));
    let asked = [
        ("name", seat.form.get("space").trim()),
        ("seed", seat.form.get("seed")),
        ("now", &now),
        ("life_s", seat.form.get("life_s")),
    ];
    let asked = Object::of_texts(asked.into_iter().filter(|(_, text)| !text.is_empty()));
    let wanted = match NewNameSpace::read(&asked) {
        Ok(wanted) => wanted,
        Err(refusal) => return refused(&console, &seat, refusal.into()).await,
    };
    let name = wanted.name.to_string();
    let made = sandbox.name_spaces.create(wanted).await.map(drop);
    ended(&console, &seat, ("made", &name), made).await
}

/// `POST /console/sandbox/spaces/{name}/remove`: whoever removes the one that they are in is in the default one then.
pub(crate) async fn remove(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let removed = sandbox.name_spaces.remove(&name).await;
    let is_left = removed.is_ok() && name == sandbox.name_space;
    let told = ended(&console, &seat, ("removed", &name), removed).await;
    match is_left {
        true => Ok(see_other(&format!("/ns/{DEFAULT_NAME_SPACE}{PATH}?said=removed"))),
        false => told,
    }
}
