//! A pay merchant's payments, newest first.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::address::order_address;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::seat::Seat;
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::sight::sees_pay_merchant;
use kaipiao_app::listing::{self, Listing};
use kaipiao_app::payment::{pay_merchants, payments};
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant};
use kaipiao_domain::payment::payments::{Payment, PaymentState};
use kaipiao_pages::encoded;
use kaipiao_ports::record::Field;

/// Where they are listed.
pub(crate) const PATH: &str = "/console/payments";
/// Where one is paid as a user.
pub(crate) const PAY_PATH: &str = "/console/payments/pay";
const ROWS: usize = 50;
/// Pay merchants that are looked through for a user's own.
const MOST_MERCHANTS: usize = 100;

#[derive(Template)]
#[template(path = "listing.html")]
struct Payments<'a> {
    frame: &'a Frame,
    headline: &'a str,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// `GET /console/payments?mchid=&state=&after=`
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
    let state = seat.query.get("state").trim();
    let is_unknown = states(frame).iter().all(|(value, _)| value != state);
    let flash = is_unknown
        .then(|| Flash::new(Tone::Bad, frame.t("没有这个状态。", "There is no such state.")));
    let paid = (seat.query.get("said") == "paid")
        .then(|| Flash::new(Tone::Good, frame.t("已代用户支付。", "The user has paid.")));
    let flash = flash.or(paid);
    let filter = match state {
        "" => listing::Filter::Time { from_ms: 0, to_ms: i64::MAX },
        state => listing::Filter::Field(Field::State, state.to_owned()),
    };
    let found = match chosen.filter(|_| !is_unknown) {
        None => Ok(Listing { items: Vec::new(), damaged: Vec::new(), next: None }),
        Some(one) => payments::list(&console.app, &one.mchid, filter, seat.after(), ROWS).await,
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let filters = Filters { frame, path: PATH, filters: filters(&seat, &offered) };
    let is_payable = seat.has_sandbox(&console);
    let mut heads = vec![
        "out_trade_no",
        frame.t("状态", "State"),
        frame.t("金额", "Amount"),
        frame.t("已退款", "Given back"),
        frame.t("方式", "Kind"),
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

/// Whether a user can pay it on a page.
pub(crate) fn can_be_paid(payment: &Payment) -> bool {
    let is_open = matches!(payment.state, PaymentState::NotPaid | PaymentState::UserPaying { .. });
    is_open && payment.prepay.is_some()
}

/// The page on which a payment is paid as a user.
pub(crate) fn pay_address(payment: &Payment) -> String {
    let number = encoded(payment.out_trade_no.as_str());
    format!("{PAY_PATH}?mchid={}&out_trade_no={number}", payment.mchid)
}

fn pay_cell(frame: &Frame, payment: &Payment) -> Cell {
    match can_be_paid(payment) {
        true => Cell::text(frame.t("代用户支付", "Pay as a user")).link(pay_address(payment)),
        false => Cell::default(),
    }
}

/// The pay merchants whose payments this user may see: a developer those that have only their accounts.
async fn offered(console: &Console, seat: &Seat) -> Result<Vec<PayMerchant>, Failure> {
    let page = pay_merchants::list(&console.app, None, MOST_MERCHANTS).await?;
    let is_theirs = |one: &PayMerchant| sees_pay_merchant(&seat.role, one);
    let mut found: Vec<_> = page.items.into_iter().filter(is_theirs).collect();
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
    vec![
        field("mchid", frame.t("支付商户", "Pay merchant"), Input::Choice(merchants)),
        field("state", frame.t("状态", "State"), Input::Choice(states(frame))),
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
    let t = |zh, en| seat.frame.lang.t(zh, en);
    let (state, tone) = match &payment.state {
        PaymentState::NotPaid => (t("未支付", "Not paid"), Tone::Wait),
        PaymentState::UserPaying { .. } => (t("待用户确认", "Payer is asked"), Tone::Wait),
        PaymentState::Paid(_) if payment.refunded_fen > 0 => {
            (t("有退款", "Given back"), Tone::Quiet)
        }
        PaymentState::Paid(_) => (t("已支付", "Paid"), Tone::Good),
        PaymentState::Closed { .. } => (t("已关闭", "Closed"), Tone::Quiet),
        PaymentState::Revoked { .. } => (t("已撤销", "Revoked"), Tone::Quiet),
    };
    let number = payment.out_trade_no.as_str();
    let mut name = Cell::code(number);
    if let Some(merchant) = payment.order_merchant.as_ref().filter(|one| seat.role.sees(one)) {
        name = name.link(order_address(merchant.as_str(), number));
    }
    let refunded = match payment.refunded_fen {
        0 => String::new(),
        fen => words::yuan(fen),
    };
    vec![
        name,
        Cell::mark(state, tone),
        Cell::number(words::yuan(payment.request.total_fee_fen)),
        Cell::number(refunded),
        Cell::code(payment.request.trade_type.as_str()),
        Cell::text(words::moment(payment.placed_at.unix_millis())),
    ]
}
