//! The newest requests, as one asks for them.

use crate::choice::chosen_party;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::merchants::Merchants;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::requests::address::{PATH, request_address};
use crate::requests::words::{answer_mark, unproved};
use crate::seat::Seat;
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::{requests, route_names};
use kaipiao_ports::request_log::{LoggedRequest, RequestQuery};

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "listing.html")]
struct Requests<'a> {
    frame: &'a Frame,
    headline: &'a str,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// `GET /console/requests?appid=&route=&errcode=&rid=&order_id=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen_party(&console, &seat, false).await?;
    let given = |name: &str| Some(seat.query.get(name).trim()).filter(|text| !text.is_empty());
    let given = |name: &str| given(name).map(str::to_owned);
    // Whoever pastes a whole errmsg has its rid at the end.
    let rid = given("rid").and_then(|text| text.split_whitespace().next_back().map(str::to_owned));
    let query = RequestQuery {
        accounts: choice.names,
        route: given("route")
            .map(|text| route_names::meant(console.routes.iter().map(String::as_str), &text)),
        errcode: given("errcode"),
        rid,
        order_id: given("order_id"),
        before: seat.after().and_then(|after| after.parse().ok()),
        limit: ROWS,
        ..RequestQuery::default()
    };
    let page = requests::list(&console.app, &query).await;
    let mut page = page.map_err(|failure| seat.failed(&failure))?;
    page.requests.retain(|request| !requests::is_hidden_from(request, &seat.role));
    let owners = page.requests.iter().map(|request| &*request.account).collect();
    let merchants = Merchants::of(&console, &seat, owners).await?;
    let filters = Filters { frame, path: PATH, filters: filters(&console, &seat, choice.filter) };
    let next = page.next.map(|id| id.to_string());
    let table = Table {
        frame,
        caption: frame.t("请求日志", "Requests"),
        heads: vec![
            frame.t("时间", "Time"),
            frame.t("请求", "Request"),
            frame.t("结果", "Answer"),
            frame.t("耗时", "Took"),
            frame.t("账号", "Account"),
            frame.t("订单号", "Order"),
        ],
        rows: page.requests.iter().map(|request| row(frame, request, &merchants)).collect(),
        empty: (
            frame.t("没有请求", "No requests"),
            frame.t(
                "请求日志只保留一段时间，每个节点只记录自己应答的请求。",
                "The log keeps requests for some days, and each node has its own.",
            ),
        ),
        pager: Pager::of(&filters.address(), seat.after(), next.as_deref()),
        damaged: Vec::new(),
    };
    let headline = frame.t("请求日志", "Requests");
    let flash =
        choice.note.or_else(|| flash(frame, &console, table.rows.is_empty() && next.is_some()));
    Ok(html(StatusCode::OK, &Requests { frame, headline, flash, filters, table }))
}

/// What must be said above the listing.
fn flash(frame: &Frame, console: &Console, is_under_way: bool) -> Option<Flash> {
    let Some(log) = requests::log(&console.app) else {
        let words = frame.t(
            "请求日志未启用（request_log.on），或其文件无法打开。",
            "No requests are logged: request_log.on is false, or the log's file cannot be opened.",
        );
        return Some(Flash::new(Tone::Wait, words));
    };
    if is_under_way {
        let words = frame.t(
            "在最近的请求中没有找到，请点“下一页”继续查找更早的。",
            "None among the newest of these; the next page looks further back.",
        );
        return Some(Flash::new(Tone::Wait, words));
    }
    let dropped = log.dropped();
    let words = frame.t(
        "启动以来因写入不及而未记录的请求：",
        "Requests left out since the start, as they came faster than they are written:",
    );
    (dropped > 0).then(|| Flash::new(Tone::Wait, format!("{words} {dropped}")))
}

fn filters<'a>(console: &'a Console, seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let field = |name, label, hint| Filter::of(seat, name, label, Input::Text(hint));
    let routes = Input::Offered("getauthurl", &console.routes);
    vec![
        account,
        Filter::of(seat, "route", frame.t("接口", "Endpoint"), routes),
        field("errcode", frame.t("错误码", "Code"), "72038"),
        field("rid", "rid", ""),
        field("order_id", frame.t("订单号", "Order"), ""),
    ]
}

fn row(frame: &Frame, request: &LoggedRequest, merchants: &Merchants) -> Vec<Cell> {
    let (answer, tone) = answer_mark(request);
    let route = if request.route.is_empty() { &request.target } else { &request.route };
    let order_id = request.order_ids.first().map_or("", String::as_str);
    let order = merchants.order_of(request, order_id);
    vec![
        Cell::text(words::moment(request.real_ms)).link(request_address(request)),
        Cell::code(format!("{} {route}", request.method)),
        Cell::mark(answer, tone),
        Cell::number(words::took(request.took_us)),
        Cell::code(&request.account).below(unproved(frame, request)),
        order,
    ]
}
