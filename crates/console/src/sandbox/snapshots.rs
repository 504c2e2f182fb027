//! Snapshots are saved, restored and removed, and a name space is reset.

use crate::console::Console;
use crate::sandbox::show::{done, not_done, refused};
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
    match sandbox.name_spaces.save(&sandbox.name_space, &name).await {
        Ok(_) => {
            tracing::info!(%name, by = seat.name(), "a snapshot was saved by the console");
            Ok(done("saved"))
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
}

/// `POST /console/sandbox/snapshots/{name}/restore`
pub(crate) async fn restore(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let snapshot = SandboxName::parse(&name).ok_or_else(|| seat.frame.not_found())?;
    match sandbox.name_spaces.restore(&sandbox.name_space, &snapshot).await {
        Ok(()) => {
            tracing::info!(name, by = seat.name(), "a snapshot was restored by the console");
            Ok(done("restored"))
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
}

/// `POST /console/sandbox/snapshots/{name}/remove`
pub(crate) async fn forget(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let snapshot = SandboxName::parse(&name).ok_or_else(|| seat.frame.not_found())?;
    match sandbox.name_spaces.forget(&sandbox.name_space, &snapshot).await {
        Ok(()) => {
            tracing::info!(name, by = seat.name(), "a snapshot was removed by the console");
            Ok(done("forgotten"))
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
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
    match sandbox.name_spaces.reset(&sandbox.name_space).await {
        Ok(()) => {
            let name_space = &*sandbox.name_space;
            tracing::info!(name_space, by = seat.name(), "a name space was reset by the console");
            Ok(done("reset"))
        }
        Err(why) => not_done(&console, &seat, &why).await,
    }
}

async fn reset_account(console: &Console, seat: &Seat, asked: &str) -> Result<Response, Response> {
    let sandbox = seat.sandbox(console)?;
    let account = account_reset::whose(&console.app, asked).await;
    let appid = match account.map_err(|failure| seat.failed(&failure))? {
        Ok(appid) => appid,
        Err(unknown) => return not_done(console, seat, &unknown).await,
    };
    match sandbox.name_spaces.reset_account(&sandbox.name_space, &appid).await {
        Ok(()) => {
            tracing::info!(%appid, by = seat.name(), "an account was reset by the console");
            Ok(done("account"))
        }
        Err(why) => not_done(console, seat, &why).await,
    }
}
