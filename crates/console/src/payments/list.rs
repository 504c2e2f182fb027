//! A pay merchant's payments, newest first.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::address::order_address;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::payments::address::{PATH, pay_address, payment_address};
use crate::payments::words::{can_be_paid, state};
use crate::seat::Seat;
use crate::span::{self, Span};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::sight::{pay_merchants_seen, sees_pay_merchant};
use kaipiao_app::listing::Listing;
use kaipiao_app::payment::{pay_merchants, payment_pages, payments};
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_ports::record::Field;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "listing.html")]
struct Payments<'a> {
    frame: &'a Frame,
    headline: &'a str,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// `GET /console/payments?mchid=&number=&state=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let offered = offered(&console, &seat).await.map_err(|failure| seat.failed(&failure))?;
    let named = seat.query.get("mchid").trim();
    let chosen = match named {
        "" => offered.first(),
        named => {
            let found = offered.iter().find(|one| one.mchid.as_str() == named);
            Some(found.ok_or_else(|| frame.not_found())?)
        }
    };
    let wanted = seat.query.get("state").trim();
    let is_unknown = states(frame).iter().all(|(value, _)| value != wanted);
    let flash = is_unknown
        .then(|| Flash::new(Tone::Bad, frame.t("没有这个状态。", "There is no such state.")));
    let (days, flash) = match Span::of(&seat) {
        Ok(days) => (days, flash),
        Err(wrong) => (None, Some(wrong)),
    };
    let field = (!wanted.is_empty()).then(|| (Field::State, wanted.to_owned()));
    let number = seat.query.get("number").trim();
    let (app, after) = (&console.app, seat.after());
    let found = match chosen.filter(|_| flash.is_none()) {
        None => Ok(Listing::empty()),
        Some(one) if !number.is_empty() => {
            Listing::of_one(payments::of_any_number(app, &one.mchid, number).await)
        }
        Some(one) if payment_pages::can_be_paid_in(wanted) => {
            let times = span::filter(days, None);
            payment_pages::payable(app, &one.mchid, wanted, &times, after, ROWS).await
        }
        Some(one) => payments::list(app, &one.mchid, span::filter(days, field), after, ROWS).await,
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let is_under_way = found.items.is_empty() && found.next.is_some();
    let is_paid = seat.query.get("said") == "paid";
    let paid = || Flash::new(Tone::Good, frame.t("已代用户支付。", "The user has paid."));
    let flash =
        flash.or_else(|| is_paid.then(paid)).or_else(|| is_under_way.then(|| under_way(frame)));
    let filters = Filters { frame, path: PATH, filters: filters(&seat, &offered) };
    let is_payable = seat.has_sandbox(&console);
    let mut heads = vec![
        "out_trade_no",
        frame.t("状态", "State"),
        frame.t("金额", "Amount"),
        frame.t("已退款", "Given back"),
        frame.t("方式", "Kind"),
        frame.t("订单", "Order"),
        frame.t("下单时间", "Placed"),
    ];
    heads.extend(is_payable.then(|| frame.t("操作", "What can be done")));
    let with_pay = |payment: &Payment| {
        let mut cells = row(&seat, payment);
        cells.extend(is_payable.then(|| pay_cell(frame, payment)));
        cells
    };
    let table = Table {
        frame,
        caption: frame.t("支付列表", "Payments"),
        heads,
        rows: found.items.iter().map(with_pay).collect(),
        empty: (
            frame.t("没有支付", "No payments"),
            frame.t(
                "沙箱支付的统一下单后，支付会出现在这里。",
                "A payment appears here once it is placed.",
            ),
        ),
        pager: Pager::of(&filters.address(), seat.after(), found.next.as_deref()),
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    };
    let headline = frame.t("支付", "Payments");
    Ok(html(StatusCode::OK, &Payments { frame, headline, flash, filters, table }))
}

/// Said where a page has found nothing in what it looked at.
fn under_way(frame: &Frame) -> Flash {
    let words = frame.t(
        "在最近的支付中没有找到，请点“下一页”继续查找更早的。",
        "None among the newest of these; the next page looks further back.",
    );
    Flash::new(Tone::Wait, words)
}

fn pay_cell(frame: &Frame, payment: &Payment) -> Cell {
    match can_be_paid(payment) {
        true => Cell::text(frame.t("代用户支付", "Pay as a user")).link(pay_address(payment)),
        false => Cell::default(),
    }
}

/// The pay merchants whose payments this user may see: a developer those that have only their accounts.
async fn offered(console: &Console, seat: &Seat) -> Result<Vec<PayMerchant>, Failure> {
    let is_theirs = |one: &PayMerchant| sees_pay_merchant(&seat.role, one);
    let mut found = pay_merchants_seen(&console.app, &seat.role).await?;
    // One that a full page did not bring can still be named.
    let named = MchId::parse(seat.query.get("mchid").trim());
    if let Some(mchid) = named.filter(|mchid| found.iter().all(|one| one.mchid != *mchid)) {
        let named = pay_merchants::find(&console.app, &mchid).await?;
        found.extend(named.filter(is_theirs));
    }
    Ok(found)
}

fn filters<'a>(seat: &'a Seat, offered: &[PayMerchant]) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let choice = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    let merchants = offered.iter().map(|one| choice(one.mchid.as_str(), &one.name)).collect();
    let field = |name, label, input| Filter {
        name,
        label,
        value: seat.query.get(name).trim().to_owned(),
        input,
    };
    let [day, until] = Span::filters(seat);
    vec![
        field("mchid", frame.t("支付商户", "Pay merchant"), Input::Choice(merchants)),
        field("number", frame.t("单号", "Number"), Input::Text("out_trade_no / transaction_id")),
        field("state", frame.t("状态", "State"), Input::Choice(states(frame))),
        day,
        until,
    ]
}

/// The states to choose from, by their names in the listing.
fn states(frame: &Frame) -> Vec<(String, String)> {
    let states = [
        ("", frame.t("全部", "All")),
        ("notpay", frame.t("未支付", "Not paid")),
        ("userpaying", frame.t("待用户确认", "Payer is asked")),
        ("success", frame.t("已支付", "Paid")),
        ("refund", frame.t("有退款", "Given back")),
        ("closed", frame.t("已关闭", "Closed")),
        ("revoked", frame.t("已撤销", "Revoked")),
    ];
    states.map(|(value, label)| (value.to_owned(), label.to_owned())).into()
}

fn row(seat: &Seat, payment: &Payment) -> Vec<Cell> {
    let (state, tone) = state(&seat.frame, payment);
    let number = payment.out_trade_no.as_str();
    let order = payment.order_merchant.as_ref().filter(|one| seat.role.sees(one));
    let order = order.map_or_else(Cell::default, |merchant| {
        let words = seat.frame.t("时间线", "Timeline");
        Cell::text(words).link(order_address(merchant.as_str(), number))
    });
    let refunded = match payment.refunded_fen {
        0 => String::new(),
        fen => words::yuan(fen),
    };
    vec![
        Cell::code(number).link(payment_address(payment)),
        Cell::mark(state, tone),
        Cell::number(words::yuan(payment.request.total_fee_fen)),
        Cell::number(refunded),
        Cell::code(payment.request.trade_type.as_str()),
        order,
        Cell::text(words::moment(payment.placed_at.unix_millis())),
    ]
}
