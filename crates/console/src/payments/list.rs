//! A pay merchant's payments, newest first.

use crate::adding::{Adding, Entry, Field as Asked};
use crate::choice::too_many;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::address::order_address;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::payments::address::{MERCHANTS_PATH, PATH, pay_address, payment_address};
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
use kaipiao_app::payment::pay_merchants::{self, Found};
use kaipiao_app::payment::{payment_pages, payments};
use kaipiao_domain::Refusal;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_ports::record::Field;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "payments.html")]
struct Payments<'a> {
    frame: &'a Frame,
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
    /// Operators alone add a pay merchant.
    adding: Option<Adding<'a>>,
}

/// `GET /console/payments?mchid=&number=&state=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    page(&console, &seat, StatusCode::OK, None).await
}

/// The page; `refusal` says why a pay merchant was not added.
pub(super) async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    refusal: Option<&Refusal>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let seen = pay_merchants_seen(&console.app, &seat.role).await;
    let seen = seen.map_err(|failure| seat.failed(&failure))?;
    let chosen = chosen(console, seat, &seen).await?;
    let (days, wrong) = match Span::of(seat) {
        Ok(days) => (days, unknown_state(seat)),
        Err(wrong) => (None, Some(wrong)),
    };
    let found = match chosen.filter(|_| wrong.is_none()) {
        None => Listing::empty(),
        Some(mchid) => {
            let found = found(console, seat, &mchid, days).await;
            found.map_err(|failure| seat.failed(&failure))?
        }
    };
    let is_under_way = found.items.is_empty() && found.next.is_some();
    let is_paid = seat.query.get("said") == "paid";
    let paid = || Flash::new(Tone::Good, frame.t("已代用户支付。", "The user has paid."));
    let wants_one = !seen.are_all && seat.query.get("mchid").trim().is_empty();
    let flash = wrong
        .or_else(|| is_paid.then(paid))
        .or_else(|| wants_one.then(|| too_many(frame)))
        .or_else(|| is_under_way.then(|| look_further(frame)));
    let filters = Filters { frame, path: PATH, filters: filters(seat, &seen) };
    let table = table(seat, &filters.address(), &found, seat.has_sandbox(console));
    let adding = seat.role.is_operator().then(|| adding(seat, refusal));
    Ok(html(status, &Payments { frame, flash, filters, table, adding }))
}

/// The pay merchant that is asked for, or the first; None: there is none, or too many to choose for somebody. One that
/// the user may not see is absent to them.
async fn chosen(console: &Console, seat: &Seat, seen: &Found) -> Result<Option<MchId>, Response> {
    let named = seat.query.get("mchid").trim();
    if named.is_empty() {
        let first = seen.first.first().filter(|_| seen.are_all);
        return Ok(first.map(|one| one.mchid.clone()));
    }
    let mchid = MchId::parse(named).ok_or_else(|| seat.frame.not_found())?;
    let found = pay_merchants::find(&console.app, &mchid).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let found = found.filter(|one| sees_pay_merchant(&seat.role, one));
    Ok(Some(found.ok_or_else(|| seat.frame.not_found())?.mchid))
}

fn unknown_state(seat: &Seat) -> Option<Flash> {
    let (frame, wanted) = (&seat.frame, seat.query.get("state").trim());
    let is_unknown = states(frame).iter().all(|(value, _)| *value != wanted);
    is_unknown.then(|| Flash::new(Tone::Bad, frame.t("没有这个状态。", "There is no such state.")))
}

/// The payments of a page: by a number, or by a state and days.
async fn found(
    console: &Console,
    seat: &Seat,
    mchid: &MchId,
    days: Option<Span>,
) -> Result<Listing<Payment>, Failure> {
    let (app, after) = (&console.app, seat.after());
    let (number, state) = (seat.query.get("number").trim(), seat.query.get("state").trim());
    if !number.is_empty() {
        return Listing::of_one(payments::of_any_number(app, mchid, number).await);
    }
    if payment_pages::can_be_paid_in(state) {
        let times = span::filter(days, None);
        return payment_pages::payable(app, mchid, state, &times, after, ROWS).await;
    }
    let field = (!state.is_empty()).then(|| (Field::State, state.to_owned()));
    payments::list(app, mchid, span::filter(days, field), after, ROWS).await
}

fn table<'a>(
    seat: &'a Seat,
    address: &str,
    found: &Listing<Payment>,
    is_payable: bool,
) -> Table<'a> {
    let frame = &seat.frame;
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
        let mut cells = row(seat, payment);
        cells.extend(is_payable.then(|| pay_cell(frame, payment)));
        cells
    };
    Table {
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
        pager: Pager::of(address, seat.after(), found.next.as_deref()),
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    }
}

fn adding<'a>(seat: &'a Seat, refusal: Option<&'a Refusal>) -> Adding<'a> {
    let frame = &seat.frame;
    Adding {
        frame,
        action: MERCHANTS_PATH.to_owned(),
        headline: frame.t("添加支付商户", "Add a pay merchant"),
        about: frame.t(
            "自动生成 API 密钥并显示一次。",
            "A key for the payment API is made and shown once.",
        ),
        button: frame.t("添加支付商户", "Add the pay merchant"),
        fields: vec![
            Asked::of("mchid", frame.t("商户号", "Pay merchant (mchid)"), Entry::Code)
                .hint(frame.t("1 至 32 位数字", "1 to 32 digits")),
            Asked::of("name", frame.t("名称", "Name"), Entry::Line).optional().hint(
                frame.t(
                    "付款人看到的名称；留空则为商户号",
                    "As payers see it; left empty, the mchid",
                ),
            ),
            Asked::of(
                "accounts",
                frame.t(
                    "绑定的账号 AppID，每行一个",
                    "The accounts that are bound to it: an appid a line",
                ),
                Entry::Codes,
            )
            .optional(),
        ],
        typed: &seat.form,
        refusal,
    }
}

/// Said where a page has found nothing in what it looked at.
fn look_further(frame: &Frame) -> Flash {
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

fn filters<'a>(seat: &'a Seat, seen: &Found) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let field = |name, label, input| Filter::of(seat, name, label, input);
    let merchants = seen.first.iter().map(|one| (one.mchid.as_str(), &*one.name));
    let merchants = if seen.are_all { Input::choice(merchants) } else { Input::Text("mchid") };
    let [day, until] = Span::filters(seat);
    vec![
        field("mchid", frame.t("支付商户", "Pay merchant"), merchants),
        field("number", frame.t("单号", "Number"), Input::Text("out_trade_no / transaction_id")),
        field("state", frame.t("状态", "State"), Input::choice(states(frame))),
        day,
        until,
    ]
}

/// The states to choose from, by their names in the listing.
fn states(frame: &Frame) -> [(&str, &str); 7] {
    [
        ("", frame.t("全部", "All")),
        ("notpay", frame.t("未支付", "Not paid")),
        ("userpaying", frame.t("待用户确认", "Payer is asked")),
        ("success", frame.t("已支付", "Paid")),
        ("refund", frame.t("有退款", "Given back")),
        ("closed", frame.t("已关闭", "Closed")),
        ("revoked", frame.t("已撤销", "Revoked")),
    ]
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
