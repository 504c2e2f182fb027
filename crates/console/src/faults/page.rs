//! The page: what is planned and what is left of it, the form that plans one, and the newest that were played.

use crate::console::Console;
use crate::faults::kinds::{Effect, Kind};
use crate::faults::words;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Flash, Pager, Table, Tone};
use crate::seat::Seat;
use crate::words::moment;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts;
use kaipiao_app::faults::{MOST_TIMES, Planned, Played};
use kaipiao_app::payment::pay_merchants;
use kaipiao_pages::Form;

/// Where it is.
pub(crate) const PATH: &str = "/console/faults";
/// Played faults that are shown; `GET /sandbox/v1/faults` has more.
const MOST_SHOWN: usize = 30;
/// Accounts that are offered by name, and pay merchants; every other one is typed.
const MOST_OFFERED: usize = 100;

#[derive(Template)]
#[template(path = "faults.html")]
struct FaultsPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    flash: Option<Flash>,
    plans: Vec<Plan>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    kind: &'static str,
    about: &'static str,
    effects: Vec<Effect>,
    codes: Vec<(String, &'static str)>,
    paths: Vec<(&'a str, Vec<&'static str>)>,
    /// Whether calls may be of every path.
    has_every_path: bool,
    accounts: Vec<(String, String)>,
    /// What was typed, where it could not be taken.
    typed: &'a Form,
    most_times: usize,
    played: Table<'a>,
}

struct Plan {
    id: u64,
    place: String,
    effect: String,
    account: String,
    percent: String,
    left: String,
}

/// `GET /console/faults?kind=`
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let said = match seat.query.get("said") {
        "planned" => ("故障已设置。", "The fault is planned."),
        "forgotten" => ("故障已清除。", "The plan is removed."),
        "all-forgotten" => ("全部故障已清除。", "All plans are removed."),
        _ => ("", ""),
    };
    let said = seat.frame.t(said.0, said.1);
    let flash = (!said.is_empty()).then(|| Flash::new(Tone::Good, said));
    let kind = Kind::of(seat.query.get("kind"));
    page(&console, &seat, StatusCode::OK, kind, flash).await
}

pub(super) async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    kind: Kind,
    flash: Option<Flash>,
) -> Result<Response, Response> {
    let (frame, faults) = (&seat.frame, &seat.sandbox(console)?.faults);
    let page = FaultsPage {
        frame,
        path: PATH,
        flash,
        plans: faults.planned().into_iter().map(|planned| plan(frame, planned)).collect(),
        kinds: Kind::ALL.map(|one| (one.name(), one.said(frame), one == kind)).into(),
        kind: kind.name(),
        about: kind.about(frame),
        effects: kind.effects(frame),
        codes: kind.codes(),
        paths: kind.paths(frame, faults.paths()),
        has_every_path: kind == Kind::Quota,
        accounts: offered(console, seat).await?,
        typed: &seat.form,
        most_times: MOST_TIMES,
        played: played(frame, faults.played()),
    };
    Ok(html(status, &page))
}

fn plan(frame: &Frame, planned: Planned) -> Plan {
    let Planned { id, plan, left, .. } = planned;
    let left = match left {
        Some(left) => format!("{} {left} {}", frame.t("还剩", "Left:"), frame.t("次", "times")),
        None => frame.t("直到清除", "Until it is removed").to_owned(),
    };
    Plan {
        id,
        place: words::place(frame, &plan.fault),
        effect: words::effect(frame, &plan.fault),
        account: plan.account.unwrap_or_default(),
        percent: plan.percent.map(|percent| format!("{percent}%")).unwrap_or_default(),
        left,
    }
}

fn played(frame: &Frame, played: Vec<Played>) -> Table<'_> {
    let row = |one: &Played| {
        vec![
            Cell::text(moment(one.at.unix_millis())),
            Cell::text(words::effect(frame, &one.fault)).below(words::place(frame, &one.fault)),
            Cell::code(&one.account),
            Cell::code(&one.to),
        ]
    };
    Table {
        frame,
        caption: frame.t("最近发生的故障", "Faults that were played lately"),
        heads: vec![
            frame.t("时间", "When"),
            frame.t("故障", "Fault"),
            frame.t("账号", "Account"),
            frame.t("对象", "To"),
        ],
        rows: played.iter().rev().take(MOST_SHOWN).map(row).collect(),
        empty: (
            frame.t("还没有发生过故障", "None was played yet"),
            frame.t(
                "设置的故障发生后会出现在这里。",
                "A planned fault appears here once it has struck.",
            ),
        ),
        pager: Pager::default(),
        damaged: Vec::new(),
    }
}

/// The accounts and pay merchants that the form proposes, with their names.
async fn offered(console: &Console, seat: &Seat) -> Result<Vec<(String, String)>, Response> {
    let found = async {
        let accounts = accounts::list(&console.app, None, MOST_OFFERED).await?.items;
        let pay = pay_merchants::list(&console.app, None, MOST_OFFERED).await?.items;
        let accounts = accounts.into_iter().map(|one| (one.appid.to_string(), one.name));
        let pay = pay.into_iter().map(|one| (one.mchid.to_string(), one.name));
        Ok::<Vec<_>, Failure>(accounts.chain(pay).collect())
    };
    found.await.map_err(|failure| seat.failed(&failure))
}
