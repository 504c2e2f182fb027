//! Snapshots are saved, restored and removed, and a name space is reset.

use crate::console::Console;
use crate::sandbox::show::{ended, not_done, refused};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::response::Response;
use kaipiao_app::account_reset;
use kaipiao_app::name_spaces::SandboxName;
use kaipiao_wire::object::Object;

/// `POST /console/sandbox/snapshots {snapshot}`
pub(crate) async fn save(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let asked = Object::of_texts([("name", seat.form.get("snapshot").trim())]);
    let name = match SandboxName::read(&asked) {
        Ok(name) => name,
        Err(refusal) => return refused(&console, &seat, refusal.into()).await,
    };
    let saved = sandbox.name_spaces.save(&sandbox.name_space, &name).await.map(drop);
    ended(&console, &seat, ("saved", name.as_str()), saved).await
}

/// `POST /console/sandbox/snapshots/{name}/restore`
pub(crate) async fn restore(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let snapshot = SandboxName::parse(&name).ok_or_else(|| seat.frame.not_found())?;
    let restored = sandbox.name_spaces.restore(&sandbox.name_space, &snapshot).await;
    ended(&console, &seat, ("restored", &name), restored).await
}

/// `POST /console/sandbox/snapshots/{name}/remove`
pub(crate) async fn forget(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let snapshot = SandboxName::parse(&name).ok_or_else(|| seat.frame.not_found())?;
    let forgotten = sandbox.name_spaces.forget(&sandbox.name_space, &snapshot).await;
    ended(&console, &seat, ("forgotten", &name), forgotten).await
}

/// `POST /console/sandbox/reset {appid}`: this account alone; without one all of the name space.
pub(crate) async fn reset(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let asked = seat.form.get("appid").trim();
    if !asked.is_empty() {
        return reset_account(&console, &seat, asked).await;
    }
    let reset = sandbox.name_spaces.reset(&sandbox.name_space).await;
    ended(&console, &seat, ("reset", &sandbox.name_space), reset).await
}

async fn reset_account(console: &Console, seat: &Seat, asked: &str) -> Result<Response, Response> {
    let sandbox = seat.sandbox(console)?;
    let account = account_reset::whose(&console.app, asked).await;
    let appid = match account.map_err(|failure| seat.failed(&failure))? {
        Ok(appid) => appid,
        Err(unknown) => return not_done(console, seat, &unknown).await,
    };
    let reset = sandbox.name_spaces.reset_account(&sandbox.name_space, &appid).await;
    ended(console, seat, ("account", appid.as_str()), reset).await
}
