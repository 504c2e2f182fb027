//! A merchant's orders, newest first.

use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::address::{PATH, order_address};
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::seat::Seat;
use crate::span::{self, Span};
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::authorization::orders;
use kaipiao_app::listing::{self, Listing};
use kaipiao_domain::authorization::authorization_request::PageType;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::record::Field;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "listing.html")]
struct Orders<'a> {
    frame: &'a Frame,
    headline: &'a str,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// What the listing goes by: the first of these that says something.
enum By {
    Order(OrderId),
    /// Those of this time that nobody has answered yet.
    Unanswered {
        from_ms: i64,
        to_ms: i64,
    },
    Filter(listing::Filter),
}

/// The state of an order that nobody has answered yet. No index has it: most orders are in it for a moment only.
const UNANSWERED: &str = "offered";

/// `GET /console/orders?appid=&order_id=&state=&user=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(&console, &seat, Reach::OneMerchant).await?;
    let after = seat.after();
    let (by, flash) = by(&seat);
    let found = match (&choice.appid, by) {
        (None, _) | (_, None) => Listing::empty(),
        (Some(merchant), Some(By::Order(order_id))) => {
            let key = OrderKey { merchant: merchant.clone(), order_id };
            Listing::of_one(orders::find(&console.app, &key).await)
                .map_err(|failure| seat.failed(&failure))?
        }
        (Some(merchant), Some(By::Unanswered { from_ms, to_ms })) => {
            orders::unanswered(&console.app, merchant, (from_ms, to_ms), after, ROWS)
                .await
                .map_err(|failure| seat.failed(&failure))?
        }
        (Some(merchant), Some(By::Filter(filter))) => {
            orders::list(&console.app, merchant, filter, after, ROWS)
                .await
                .map_err(|failure| seat.failed(&failure))?
        }
    };
    let filters = Filters { frame, path: PATH, filters: filters(&seat, choice.filter) };
    let table = Table {
        frame,
        caption: frame.t("订单列表", "Orders"),
        heads: vec![
            frame.t("订单号", "Order"),
            frame.t("状态", "State"),
            frame.t("金额", "Amount"),
            frame.t("类型", "Type"),
            frame.t("用户", "User"),
            frame.t("申请时间", "Asked for"),
        ],
        rows: found.items.iter().map(|order| row(frame, order)).collect(),
        empty: (
            frame.t("没有订单", "No orders"),
            frame.t(
                "调用 getauthurl 后，订单会出现在这里。",
                "An order appears here once getauthurl has been called for it.",
            ),
        ),
        pager: Pager::of(&filters.address(), after, found.next.as_deref()),
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    };
    let headline = frame.t("订单", "Orders");
    let is_under_way = table.rows.is_empty() && found.next.is_some();
    let flash = flash.or(choice.note).or_else(|| is_under_way.then(|| look_further(frame)));
    Ok(html(StatusCode::OK, &Orders { frame, headline, flash, filters, table }))
}

/// What is asked for, and what must be said about that. None: it can be no order's.
fn by(seat: &Seat) -> (Option<By>, Option<Flash>) {
    let frame = &seat.frame;
    let given = |name: &str| Some(seat.query.get(name).trim()).filter(|text| !text.is_empty());
    let wrong = |zh, en| (None, Some(Flash::new(Tone::Bad, frame.t(zh, en))));
    let several = ["order_id", "state", "user"].into_iter().filter_map(given).count() > 1;
    let several = several.then(|| span::goes_by_one(seat));
    let days = match Span::of(seat) {
        Ok(days) => days,
        Err(flash) => return (None, Some(flash)),
    };
    if let Some(text) = given("order_id") {
        return match OrderId::parse(text) {
            Ok(order_id) => (Some(By::Order(order_id)), several),
            Err(_) => wrong("订单号格式不正确。", "That can't be an order's number."),
        };
    }
    let field = if given("state") == Some(UNANSWERED) {
        let Span { from_ms, to_ms } = days.unwrap_or(Span::ALL);
        return (Some(By::Unanswered { from_ms, to_ms }), several);
    } else if let Some(state) = given("state") {
        Some((Field::State, state.to_owned()))
    } else if let Some(user) = given("user") {
        if UserId::parse(user).is_none() {
            return wrong("用户 ID 格式不正确。", "That can't be a user's id.");
        }
        Some((Field::User, user.to_owned()))
    } else {
        None
    };
    (Some(By::Filter(span::filter(days, field))), several)
}

/// What is said where a page has looked at many and found none.
fn look_further(frame: &Frame) -> Flash {
    let words = frame.t(
        "在最近的订单中没有找到，请点“下一页”继续查找更早的。",
        "None among the newest of these; the next page looks further back.",
    );
    Flash::new(Tone::Wait, words)
}

fn filters<'a>(seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let field = |name, label, input| Filter::of(seat, name, label, input);
    let [day, until] = Span::filters(seat);
    vec![
        account,
        field("order_id", frame.t("订单号", "Order"), Input::Text("")),
        field(
            "state",
            frame.t("状态", "State"),
            Input::choice([
                ("", frame.t("全部", "All")),
                (UNANSWERED, frame.t("待授权", "Not answered yet")),
                ("authorized", frame.t("已授权", "Authorized")),
                ("declined", frame.t("用户拒绝", "Declined")),
                ("rejected", frame.t("商户拒绝", "Rejected")),
            ]),
        ),
        field("user", frame.t("用户", "User"), Input::Text("")),
        day,
        until,
    ]
}

fn row(frame: &Frame, order: &Order) -> Vec<Cell> {
    let order_id = order.request.order_id.as_str();
    let (state, tone) = states::order(frame, &order.state);
    let user = match &order.state {
        OrderState::Offered => "",
        OrderState::Declined(no) => no.user.as_str(),
        OrderState::Authorized(yes) => yes.user.as_str(),
        OrderState::Rejected { decided, .. } => decided.user().as_str(),
    };
    vec![
        Cell::code(order_id).link(order_address(order.merchant.as_str(), order_id)),
        Cell::mark(state, tone),
        Cell::number(words::yuan(order.request.money_fen)),
        Cell::text(page_type(frame, order.request.page_type)),
        Cell::code(user),
        Cell::text(words::moment(order.offered_at.unix_millis())),
    ]
}

pub(crate) fn page_type(frame: &Frame, page_type: PageType) -> &'static str {
    match page_type {
        PageType::Apply => frame.lang.t("申请开票", "Apply"),
        PageType::FillTitle => frame.lang.t("填写抬头", "Fill in a title"),
        PageType::Collect => frame.lang.t("领取发票", "Collect"),
    }
}
