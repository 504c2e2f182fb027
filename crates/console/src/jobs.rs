//! Jobs that are still to be done, or have failed.

use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Filter, Filters, Flash, Input, Pager, Tone};
use crate::seat::{Named, Seat};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::delivery::jobs;
use kaipiao_app::listing::Listing;
use kaipiao_domain::access::account::AppId;
use kaipiao_pages::see_other;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{Job, JobQuery, JobState};

/// Where they are listed.
pub(crate) const PATH: &str = "/console/jobs";
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "jobs.html")]
struct Jobs<'a> {
    frame: &'a Frame,
    path: &'static str,
    flash: Option<Flash>,
    filters: Filters<'a>,
    rows: Vec<Row>,
    pager: Pager,
}

struct Row {
    job: Job,
    state: &'static str,
    tone: Tone,
    is_failed: bool,
    moment: String,
    /// The invoice request that it is to issue; empty: it is of another queue.
    invoice: String,
}

/// `GET /console/jobs?appid=&state=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(&console, &seat, Reach::OneOrOperatorsAll).await?;
    let failed = match seat.query.get("state") {
        "failed" => Some(true),
        "due" => Some(false),
        _ => None,
    };
    let account = choice.appid.as_ref().map(ToString::to_string);
    let is_nobodys = account.is_none() && !seat.role.is_operator();
    let after = seat.after().and_then(|after| after.parse().ok());
    let query = JobQuery { account, failed, after, limit: ROWS, ..JobQuery::default() };
    let found = match is_nobodys {
        true => Listing::empty(),
        false => jobs::list(&console.app, &query).await.map_err(|failure| seat.failed(&failure))?,
    };
    let filters = Filters { frame, path: PATH, filters: filters(&seat, choice.filter) };
    let flash = match seat.query.get("said") {
        "run" => Some((Tone::Good, frame.t("已重新安排执行。", "The job runs again."))),
        "not-failed" => Some((
            Tone::Wait,
            frame.t(
                "该任务并未被搁置，会自行执行。",
                "The job was not set aside: it runs by itself.",
            ),
        )),
        _ => None,
    };
    let flash = flash.map(|(tone, words)| Flash::new(tone, words));
    let pager = Pager::of(&filters.address(), seat.after(), found.next.as_deref());
    let rows = found.items.into_iter().map(|job| row(frame, job)).collect();
    Ok(html(StatusCode::OK, &Jobs { frame, path: PATH, flash, filters, rows, pager }))
}

fn row(frame: &Frame, job: Job) -> Row {
    let (state, tone, ms) = match job.state {
        JobState::Due { due_ms } if job.attempts > 0 => {
            (frame.lang.t("待重试", "Retrying"), Tone::Wait, due_ms)
        }
        JobState::Due { due_ms } => (frame.lang.t("待执行", "Due"), Tone::Wait, due_ms),
        JobState::Failed { at_ms } => (frame.lang.t("失败", "Failed"), Tone::Bad, at_ms),
    };
    let invoice = match job.id.queue {
        Queue::Issue => crate::invoices::address::invoice_address(&job.id.account, &job.id.name),
        _ => String::new(),
    };
    let is_failed = matches!(job.state, JobState::Failed { .. });
    Row { state, tone, is_failed, moment: words::moment(ms), invoice, job }
}

fn filters<'a>(seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let choice = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    let states = vec![
        choice("", frame.t("全部", "All")),
        choice("due", frame.t("待执行", "Due")),
        choice("failed", frame.t("失败", "Failed")),
    ];
    let state = Filter {
        name: "state",
        label: frame.t("状态", "State"),
        value: seat.query.get("state").to_owned(),
        input: Input::Choice(states),
    };
    vec![account, state]
}

/// `POST /console/jobs/{id}/run`
pub(crate) async fn run(
    State(console): State<Console>,
    Named(id): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let nothing = || seat.frame.not_found();
    let number: i64 = id.parse().map_err(|_| nothing())?;
    let found = jobs::find(&console.app, number).await.map_err(|failure| seat.failed(&failure))?;
    let account = found.and_then(|job| AppId::parse(&job.id.account));
    if !account.is_some_and(|account| seat.role.sees(&account)) {
        return Err(nothing());
    }
    let run = jobs::run_again(&console.app, number).await;
    let has_run = run.map_err(|failure| seat.failed(&failure))?.ok_or_else(nothing)?;
    if !has_run {
        return Ok(see_other(&format!("{PATH}?said=not-failed")));
    }
    tracing::info!(number, by = seat.name(), "a job runs again by the console");
    Ok(see_other(&format!("{PATH}?said=run")))
}
