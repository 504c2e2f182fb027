//! One push: what it says, and every attempt.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::merchants::Merchants;
use crate::parts::{Cell, Facts, Flash, Pager, Table, Tone};
use crate::pushes::address::{PATH, push_address};
use crate::pushes::replay::seen;
use crate::seat::{Named, Seat};
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::delivery::pushes;
use kaipiao_pages::told;
use kaipiao_ports::delivery::outbox::{Attempt, ListedPush, PushState};

#[derive(Template)]
#[template(path = "push.html")]
struct PushPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    here: String,
    id: &'a str,
    flash: Option<Flash>,
    state: states::Said,
    facts: Facts<'a>,
    body: &'a str,
    attempts: Table<'a>,
    excerpts: Vec<(usize, &'a str)>,
    /// Whether it is over, and can be sent again.
    is_over: bool,
}

/// `GET /console/pushes/{id}`
pub(crate) async fn show(
    State(console): State<Console>,
    Named(id): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let push_id = seen(&console, &seat, &id).await?;
    let found = pushes::find(&console.app, &push_id).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let listed = found.ok_or_else(|| frame.not_found())?;
    let merchants = Merchants::of(&console, &seat, vec![&*listed.push.id.account]).await?;
    let flash = match seat.query.get("said") {
        "replayed" => Some(Flash::new(Tone::Good, frame.t("已重新发送。", "It is sent again."))),
        "open" => {
            let words = frame.t("它还在发送中，无需重发。", "It is on its way still.");
            Some(Flash::new(Tone::Wait, words))
        }
        _ => None,
    };
    let attempts = listed.attempts.iter().enumerate();
    let excerpts = attempts.clone().filter(|(_, attempt)| !attempt.excerpt.is_empty());
    let page = PushPage {
        frame,
        path: PATH,
        here: push_address(&id),
        id: &id,
        flash,
        state: states::push(frame, &listed),
        facts: facts(frame, &listed, &merchants),
        body: &listed.push.body,
        excerpts: excerpts.map(|(index, attempt)| (index + 1, &*attempt.excerpt)).collect(),
        attempts: Table {
            frame,
            caption: frame.t("发送记录", "Attempts"),
            heads: vec![
                frame.t("次数", "Try"),
                frame.t("时间", "Time"),
                frame.t("结果", "Answer"),
                frame.t("耗时", "Took"),
                frame.t("问题", "Problem"),
            ],
            rows: attempts.map(|(index, attempt)| row(frame, index + 1, attempt)).collect(),
            empty: (
                frame.t("还没有发送", "No attempt yet"),
                frame.t("第一次发送后会出现在这里。", "The first one will appear here."),
            ),
            pager: Pager::default(),
            damaged: Vec::new(),
        },
        is_over: matches!(listed.push.state, PushState::Completed { .. }),
    };
    Ok(html(StatusCode::OK, &page))
}

fn facts<'a>(frame: &'a Frame, listed: &ListedPush, merchants: &Merchants) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let push = &listed.push;
    let order = merchants.order(&push.id.account, pushes::order_id_of(push));
    let mut rows = vec![
        (t("事件", "Event"), Cell::code(&push.event)),
        (t("接收账号", "Receiver"), Cell::code(&push.id.account)),
        (t("订单号", "Order"), order),
        ("openid", Cell::code(&push.openid)),
        (t("产生时间", "Committed"), Cell::text(words::moment(push.committed_ms))),
    ];
    if let Some(url) = push.destination.url() {
        rows.push((t("地址", "Address"), Cell::code(url)));
    }
    match push.state {
        PushState::Ready { due_ms } => {
            rows.push((t("下次发送", "Next try"), Cell::text(words::moment(due_ms))));
        }
        PushState::Completed { at_ms, .. } => {
            rows.push((t("结束时间", "Ended"), Cell::text(words::moment(at_ms))));
        }
        PushState::Waiting => {
            let first = listed.waits_behind.as_ref().map(|first| first.push.id.to_string());
            let first = first.unwrap_or_default();
            let cell = Cell::code(&*first).link(push_address(&first));
            rows.push((t("排在其后", "Waits behind"), cell));
        }
    }
    Facts { rows }
}

fn row(frame: &Frame, number: usize, attempt: &Attempt) -> Vec<Cell> {
    let tone = if attempt.problem.is_empty() { Tone::Good } else { Tone::Bad };
    let answered = attempt.status.map(|status| format!("HTTP {status}"));
    let none = || frame.t("无应答", "no answer").to_owned();
    vec![
        Cell::text(number.to_string()),
        Cell::text(words::moment(attempt.started_ms)),
        Cell::mark(answered.unwrap_or_else(none), tone),
        Cell::number(format!("{} ms", attempt.took_ms)),
        Cell::text(told(frame.lang, &attempt.problem)),
    ]
}
