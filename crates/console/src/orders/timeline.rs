//! One order: everything that is known of it, as one line of time.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::address::{PATH, order_address};
use crate::orders::steps::{Drawn, in_order};
use crate::orders::{requests, results};
use crate::parts::{Cell, Facts, Flash, Tone};
use crate::payments::address::payment_address;
use crate::people::{ActsAs, acts_as};
use crate::requests::address as request_log;
use crate::seat::Seat;
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::sight;
use kaipiao_app::authorization::order_history::{self, OrderHistory};
use kaipiao_app::requests::is_hidden_from;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::order::OrderState;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_pages::{encoded, told};

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    order_id: &'a str,
    state: Option<states::Said>,
    facts: Facts<'a>,
    notes: Vec<Flash>,
    /// Who may answer it from here, and where the form goes; None: nobody.
    answers: Option<(ActsAs<'a>, String)>,
    steps: Vec<Drawn<'a>>,
    /// The request log's listing of this order.
    log: String,
}

/// `GET /console/orders/order?appid=&order_id=`
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let (account, key) = named(&console, &seat).await?;
    let said = match seat.query.get("said") {
        "authorized" => Some(("已代用户同意授权。", "The user has authorized it.")),
        "declined" => Some(("已代用户拒绝授权。", "The user has declined.")),
        _ => None,
    };
    let flash = said.map(|(zh, en)| Flash::new(Tone::Good, seat.frame.t(zh, en)));
    page(&console, &seat, &account, &key, StatusCode::OK, flash).await
}

/// The order that the address names, and its merchant.
pub(super) async fn named(console: &Console, seat: &Seat) -> Result<(Account, OrderKey), Response> {
    let account = seat.account(console, seat.query.get("appid")).await?;
    let order_id = OrderId::parse(seat.query.get("order_id"));
    let order_id = order_id.map_err(|_| seat.frame.not_found())?;
    let key = OrderKey { merchant: account.appid.clone(), order_id };
    Ok((account, key))
}

pub(super) async fn page(
    console: &Console,
    seat: &Seat,
    account: &Account,
    key: &OrderKey,
    status: StatusCode,
    flash: Option<Flash>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let history = order_history::read(&console.app, key, &seat.role).await;
    let history = history.map_err(|failure| seat.failed(&failure))?;
    let history = history.ok_or_else(|| frame.not_found())?;
    let mut steps = results::steps(frame, &history);
    let seen = history.requests.iter().filter(|request| !is_hidden_from(request, &seat.role));
    steps.extend(seen.map(|request| requests::step(frame, request)));
    let order_id = key.order_id.as_str();
    let payment = payment_cell(console, seat, &history).await?;
    let notes = flash.into_iter().chain(notes(frame, &history)).collect();
    let page = OrderPage {
        frame,
        path: PATH,
        order_id,
        state: history.order.as_ref().map(|order| states::order(frame, &order.state)),
        facts: facts(frame, &account.name, key, &history, payment),
        notes,
        answers: answers(console, seat, key, &history).await?,
        steps: in_order(frame, steps),
        log: format!("{}?order_id={}", request_log::PATH, encoded(order_id)),
    };
    Ok(html(status, &page))
}

/// In a sandbox an operator answers what is not answered.
async fn answers<'a>(
    console: &Console,
    seat: &'a Seat,
    key: &OrderKey,
    history: &OrderHistory,
) -> Result<Option<(ActsAs<'a>, String)>, Response> {
    let is_open = history
        .order
        .as_ref()
        .is_some_and(|order| matches!(order.state, OrderState::Offered | OrderState::Declined(_)));
    if !is_open || !seat.has_sandbox(console) {
        return Ok(None);
    }
    let address = order_address(key.merchant.as_str(), key.order_id.as_str());
    Ok(Some((acts_as(console, seat).await?, address)))
}

/// The payment of its number, leading to its page for whoever may see the pay merchant; None: none has.
async fn payment_cell(
    console: &Console,
    seat: &Seat,
    history: &OrderHistory,
) -> Result<Option<Cell>, Response> {
    let Some(payment) = &history.payment else { return Ok(None) };
    let number = format!("{}/{}", payment.mchid, payment.out_trade_no);
    let cell = Cell::code(number).below(payment.trade_state());
    let is_seen = sight::sees(&console.app, &seat.role, payment.mchid.as_str()).await;
    match is_seen.map_err(|failure| seat.failed(&failure))? {
        true => Ok(Some(cell.link(payment_address(payment)))),
        false => Ok(Some(cell)),
    }
}

fn facts<'a>(
    frame: &'a Frame,
    name: &str,
    key: &OrderKey,
    history: &OrderHistory,
    payment: Option<Cell>,
) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let merchant = Cell::text(name).below(key.merchant.as_str());
    let mut rows = vec![(t("商户", "Merchant"), merchant)];
    if let Some(order) = &history.order {
        rows.push((t("金额", "Amount"), Cell::text(words::yuan(order.request.money_fen))));
    }
    rows.extend(payment.map(|cell| (t("支付", "Payment"), cell)));
    Facts { rows }
}

/// What the line does not show.
fn notes(frame: &Frame, history: &OrderHistory) -> Vec<Flash> {
    let mut notes: Vec<_> = history
        .damaged
        .iter()
        .map(|damaged| Flash::new(Tone::Bad, told(frame.lang, &damaged.to_string())))
        .collect();
    let mut note = |zh, en| notes.push(Flash::new(Tone::Wait, frame.t(zh, en)));
    match (&history.order, &history.payment) {
        (Some(_), _) => {}
        (None, Some(_)) => note(
            "没有这个订单：这是该单号的支付，没有开票入口。",
            "There is no such order: this is a payment of that number, without an invoice entry.",
        ),
        (None, None) => note(
            "没有这个订单：以下只是提到该订单号的请求。",
            "There is no such order: these are only the requests that name it.",
        ),
    }
    if history.has_more_requests {
        note(
            "请求较多，这里只显示最早的和最近的；其余见页末链接的请求日志。",
            "Only its first and its newest requests are shown here; the request log, which the end of the page leads to, has those between.",
        );
    }
    if history.may_have_older_messages {
        note(
            "该用户此后的消息超过 1000 条，更早的未查找。",
            "The user has had more than 1,000 messages since; older ones were not looked at.",
        );
    }
    notes
}
