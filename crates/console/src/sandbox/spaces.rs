//! Name spaces are made and removed, and those that cannot be opened are reset and restored.

use crate::console::Console;
use crate::sandbox::clock::in_china;
use crate::sandbox::show::{PATH, ended, refused};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, NewNameSpace, SandboxName};
use kaipiao_pages::see_other;
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

/// `POST /console/sandbox/spaces/{name}/reset`: another one, which cannot be opened.
pub(crate) async fn reset(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let reset = sandbox.name_spaces.reset(&name).await;
    ended(&console, &seat, ("reset", &name), reset).await
}

/// `POST /console/sandbox/spaces/{name}/restore {snapshot}`: the same.
pub(crate) async fn restore(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let asked = SandboxName::parse(seat.form.get("snapshot"));
    let snapshot = asked.ok_or_else(|| seat.frame.not_found())?;
    let restored = sandbox.name_spaces.restore(&name, &snapshot).await;
    ended(&console, &seat, ("restored", &name), restored).await
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
