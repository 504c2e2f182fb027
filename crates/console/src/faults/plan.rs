//! A fault is planned, and plans are removed.

use crate::console::Console;
use crate::faults::kinds::Kind;
use crate::faults::page::{PATH, page};
use crate::parts::{Flash, Tone};
use crate::seat::Seat;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::asked_faults::{Asked, read_asked};
use kaipiao_app::faults::{Faults, MOST_TIMES};
use kaipiao_app::{App, Failure};
use kaipiao_domain::Refusal;
use kaipiao_pages::{Form, refused, see_other};
use kaipiao_wire::object::Object;

/// `POST /console/faults {kind, path, effect, errcode, delay_ms, within_ms, appid, n, percent}`
pub(crate) async fn make(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let faults = &seat.sandbox(&console)?.faults;
    let kind = Kind::of(seat.form.get("kind"));
    match planned(&console.app, faults, kind, &seat.form).await {
        Ok(id) => {
            tracing::info!(id, by = seat.name(), "a fault was planned by the console");
            Ok(see_other(&format!("{PATH}?kind={}&said=planned", kind.name())))
        }
        Err(Failure::Refused(refusal)) => {
            let flash = Flash::new(Tone::Bad, refused(seat.frame.lang, &refusal));
            page(&console, &seat, StatusCode::UNPROCESSABLE_ENTITY, kind, Some(flash)).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

/// Plans what the form says. Returns the plan's id.
async fn planned(app: &App, faults: &Faults, kind: Kind, form: &Form) -> Result<u64, Failure> {
    let asked = Object::of_texts(members(kind, form));
    match read_asked(app, &asked, faults).await? {
        Asked::Plan(plan) => Ok(faults.plan(plan)?.id),
        Asked::Forget { .. } => {
            Err(Refusal::invalid("n", format!("must be 1 to {MOST_TIMES}, not 0")).into())
        }
    }
}

/// The members of `POST /sandbox/v1/faults` that the form stands for: of the effects' fields that of the chosen one alone.
fn members(kind: Kind, form: &Form) -> Vec<(&'static str, &str)> {
    let field = |name: &'static str| (name, form.get(name).trim());
    let mut members = match kind {
        Kind::Call => vec![("target", form.get("path"))],
        Kind::Quota => vec![("target", kind.name()), field("path")],
        kind => vec![("target", kind.name())],
    };
    members.extend(["appid", "n", "percent"].map(field));
    match form.get("effect") {
        "errcode" => members.push(field("errcode")),
        "delay_ms" => members.push(field("delay_ms")),
        effect => members.extend(fixed(effect)),
    }
    if form.get("effect") == "reorder=true" {
        members.push(field("within_ms"));
    }
    members.retain(|(_, text)| !text.is_empty());
    members
}

/// An effect that is whole without a field.
fn fixed(effect: &str) -> Option<(&'static str, &str)> {
    const FIXED: [&str; 7] =
        ["errcode", "drop", "missing", "wrong", "duplicate", "reorder", "lose"];
    let (name, value) = effect.split_once('=')?;
    FIXED.into_iter().find(|known| *known == name).map(|name| (name, value))
}

/// `POST /console/faults/forget {id}`: one plan, or without an id all.
pub(crate) async fn forget(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    let faults = &seat.sandbox(&console)?.faults;
    let id = seat.form.get("id");
    let said = match id.parse::<u64>() {
        Ok(id) => {
            faults.forget(|planned| planned.id == id);
            "forgotten"
        }
        Err(_) if id.is_empty() => {
            faults.forget(|_| true);
            "all-forgotten"
        }
        Err(_) => return Err(seat.frame.not_found()),
    };
    tracing::info!(id, by = seat.name(), "planned faults were removed by the console");
    Ok(see_other(&format!("{PATH}?said={said}")))
}

#[cfg(test)]
mod tests {
    use super::members;
    use crate::faults::kinds::Kind;
    use kaipiao_pages::Form;

    #[test]
    fn the_chosen_effect_alone_counts() {
        let typed = "path=/x&errcode=72036&delay_ms=5&within_ms=7&appid=&n=2&percent=";
        for (kind, effect, expected) in [
            (Kind::Call, "errcode", vec![("target", "/x"), ("n", "2"), ("errcode", "72036")]),
            (Kind::Call, "drop%3Dafter", vec![("target", "/x"), ("n", "2"), ("drop", "after")]),
            (Kind::Token, "delay_ms", vec![("target", "token"), ("n", "2"), ("delay_ms", "5")]),
            (Kind::Quota, "", vec![("target", "quota"), ("path", "/x"), ("n", "2")]),
            (
                Kind::Push,
                "reorder%3Dtrue",
                vec![("target", "push"), ("n", "2"), ("reorder", "true"), ("within_ms", "7")],
            ),
            (Kind::Push, "within_ms%3D1", vec![("target", "push"), ("n", "2")]),
        ] {
            let form = Form::parse(format!("{typed}&effect={effect}").as_bytes());
            assert_eq!(members(kind, &form), expected, "{effect}");
        }
    }
}
