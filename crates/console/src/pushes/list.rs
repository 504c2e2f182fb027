//! Pushes by receiver, newest first.

use crate::choice::chosen_party;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::merchants::Merchants;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::pushes::address::{PATH, push_address};
use crate::seat::Seat;
use crate::span::Span;
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::delivery::push_pages::{self, PushPage};
use kaipiao_app::delivery::pushes;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::outbox::{ListedPush, PushId, PushQuery, StateFilter};

const ROWS: usize = 50;
const OPEN: &str = "open";

#[derive(Template)]
#[template(path = "pushes.html")]
struct Pushes<'a> {
    frame: &'a Frame,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
    /// Whose failed pushes a button sends again: an account's or a pay merchant's; empty: everybody's. None: nobody's.
    replays: Option<String>,
    spans: Vec<(&'static str, &'static str)>,
    /// How far back the form before went, and where it ended; empty: it is a new one.
    hours: &'a str,
    goes_on: &'a str,
}

/// `GET /console/pushes?appid=&order_id=&state=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen_party(&console, &seat, true).await?;
    let (days, wrong) = match Span::of(&seat) {
        Ok(days) if days.is_some() && choice.one().is_none() => (None, Some(wants_one(frame))),
        Ok(days) => (days, None),
        Err(wrong) => (None, Some(wrong)),
    };
    // A developer without an account has nothing to list.
    let is_nobodys = choice.one().is_none() && !seat.role.is_operator();
    let replays = (!is_nobodys).then(|| choice.one().cloned().unwrap_or_default());
    let found = match is_nobodys || wrong.is_some() {
        true => PushPage { pushes: Vec::new(), next: None },
        false => found(&console, &seat, choice.one(), days).await?,
    };
    let is_under_way = found.pushes.is_empty() && found.next.is_some();
    let filters = Filters { frame, path: PATH, filters: filters(&seat, choice.filter) };
    let table = table(&console, &seat, &filters.address(), found).await?;
    let flash = wrong
        .or_else(|| flash(&seat))
        .or(choice.note)
        .or_else(|| is_under_way.then(|| look_further(frame)));
    let spans = spans(frame);
    let (hours, goes_on) = (seat.query.get("hours"), seat.query.get("next"));
    let page = Pushes { frame, flash, filters, table, replays, spans, hours, goes_on };
    Ok(html(StatusCode::OK, &page))
}

/// The pushes of a page: of this receiver or of all, of these days.
async fn found(
    console: &Console,
    seat: &Seat,
    account: Option<&String>,
    days: Option<Span>,
) -> Result<PushPage, Response> {
    let state = match seat.query.get("state") {
        OPEN => Some(StateFilter::Open),
        name => Outcome::from_name(name).map(StateFilter::Completed),
    };
    let ordering_keys = match seat.query.get("order_id").trim() {
        "" => Vec::new(),
        order_id => pushes::ordering_keys_of(order_id),
    };
    let after = begins_at(console, seat, days, account).await?;
    let query = PushQuery { account: account.cloned(), ordering_keys, state, after, limit: ROWS };
    let found = push_pages::page(&console.app, &query).await;
    let mut found = found.map_err(|failure| seat.failed(&failure))?;
    let count = found.pushes.len();
    if let Some(days) = days {
        found.pushes.retain(|listed| listed.push.committed_ms >= days.from_ms);
    }
    // Whatever is behind one that is too old is older.
    if found.pushes.len() < count {
        found.next = None;
    }
    Ok(found)
}

async fn table<'a>(
    console: &Console,
    seat: &'a Seat,
    address: &str,
    found: PushPage,
) -> Result<Table<'a>, Response> {
    let frame = &seat.frame;
    let receivers = found.pushes.iter().map(|listed| &*listed.push.id.account).collect();
    let merchants = Merchants::of(console, seat, receivers).await?;
    let next = found.next.map(|next| next.to_string());
    Ok(Table {
        frame,
        caption: frame.t("推送列表", "Pushes"),
        heads: vec![
            frame.t("推送", "Push"),
            frame.t("状态", "State"),
            frame.t("事件", "Event"),
            frame.t("订单号", "Order"),
            frame.t("次数", "Tries"),
            frame.t("最近结果", "Last answer"),
            frame.t("时间", "Time"),
        ],
        rows: found.pushes.iter().map(|listed| row(frame, listed, &merchants)).collect(),
        empty: (
            frame.t("没有推送", "No pushes"),
            frame.t(
                "用户授权、发票开具等事件发生后，推送会出现在这里。",
                "A push appears here when a user authorizes, an invoice is issued, and the like.",
            ),
        ),
        pager: Pager::of(address, seat.after(), next.as_deref()),
        damaged: Vec::new(),
    })
}

/// Behind which push the page begins: behind the page before, or with the last of these days.
async fn begins_at(
    console: &Console,
    seat: &Seat,
    days: Option<Span>,
    account: Option<&String>,
) -> Result<Option<PushId>, Response> {
    match (seat.after(), days, account) {
        (Some(after), ..) => Ok(PushId::parse(after)),
        (None, Some(days), Some(account)) => {
            let place = pushes::begin_at(&console.app, account, days.to_ms).await;
            place.map_err(|failure| seat.failed(&failure))
        }
        (None, ..) => Ok(None),
    }
}

fn wants_one(frame: &Frame) -> Flash {
    let words = frame.t(
        "按日期查找时请先选择一个账号或商户号。",
        "Choose an account or a pay merchant to look for days: pushes lie by their receiver.",
    );
    Flash::new(Tone::Wait, words)
}

/// How far back failed pushes are sent again, in hours.
fn spans(frame: &Frame) -> Vec<(&'static str, &'static str)> {
    let t = |zh, en| frame.lang.t(zh, en);
    vec![
        ("1", t("最近 1 小时", "the last hour")),
        ("24", t("最近 24 小时", "the last 24 hours")),
        ("168", t("最近 7 天", "the last 7 days")),
        ("720", t("最近 30 天", "the last 30 days")),
    ]
}

/// What a replay of all came to.
fn flash(seat: &Seat) -> Option<Flash> {
    let frame = &seat.frame;
    let replayed: u64 = seat.query.get("replayed").parse().ok()?;
    if !seat.query.get("next").is_empty() {
        let words = frame.t(
            "可能还有更多，请再次提交下方的表单。本次已重新发送的推送：",
            "More may remain: send the form below once more. Pushes that are sent again so far by it:",
        );
        return Some(Flash::new(Tone::Wait, format!("{words} {replayed}")));
    }
    let (tone, words) = match replayed {
        0 => (
            Tone::Quiet,
            frame.t("没有失败的推送需要重发。", "No push had failed since then.").to_owned(),
        ),
        count => (
            Tone::Good,
            format!("{} {count}", frame.t("已重新发送的推送：", "Pushes that are sent again:")),
        ),
    };
    Some(Flash::new(tone, words))
}

/// Said where a page has found nothing in what it looked at.
fn look_further(frame: &Frame) -> Flash {
    let words = frame.t(
        "在最近的推送中没有找到，请点“下一页”继续查找更早的。",
        "None among the newest of these; the next page looks further back.",
    );
    Flash::new(Tone::Wait, words)
}

fn filters<'a>(seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let of_any = [("", frame.t("全部", "All")), (OPEN, frame.t("未完成", "Open"))];
    let outcome = |one: Outcome| (one.name(), states::outcome_said(frame, one).0);
    let states = Input::choice(of_any.into_iter().chain(Outcome::ALL.map(outcome)));
    let field = |name, label, input| Filter::of(seat, name, label, input);
    let [day, until] = Span::filters(seat);
    vec![
        account,
        field("order_id", frame.t("订单号", "Order"), Input::Text("")),
        field("state", frame.t("状态", "State"), states),
        day,
        until,
    ]
}

fn row(frame: &Frame, listed: &ListedPush, merchants: &Merchants) -> Vec<Cell> {
    let push = &listed.push;
    let (state, tone) = states::push(frame, listed);
    let order = merchants.order(&push.id.account, pushes::order_id_of(push));
    let last = listed.attempts.last();
    let answered = last.map_or_else(Cell::default, |last| {
        let status = last.status.map_or_else(|| "–".to_owned(), |status| format!("HTTP {status}"));
        Cell::text(status).below(format!("{} ms", last.took_ms))
    });
    let id = push.id.to_string();
    vec![
        Cell::code(&*id).link(push_address(&id)),
        Cell::mark(state, tone),
        Cell::code(&push.event),
        order,
        Cell::number(push.attempts.to_string()),
        answered,
        Cell::text(words::moment(push.committed_ms)),
    ]
}
