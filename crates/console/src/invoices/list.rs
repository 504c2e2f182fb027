//! The search for invoices: a merchant's requests by what is known of one.

use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::invoices::address::{PATH, invoice_address, tabs};
use crate::invoices::joined;
use crate::orders::address::order_address;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table, Tone};
use crate::seat::Seat;
use crate::span::{self, Span};
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::invoicing::requests;
use kaipiao_app::listing::{self, Listing};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_ports::record::Field;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "invoices.html")]
struct Invoices<'a> {
    frame: &'a Frame,
    headline: &'a str,
    tabs: [(&'static str, &'a str, bool); 2],
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

enum By {
    Serial(Serial),
    Filter(listing::Filter),
}

/// `GET /console/invoices?appid=&number=&buyer=&amount=&serial=&order_id=&user=&state=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(&console, &seat, Reach::OneMerchant).await?;
    let (by, flash) = match by(&seat) {
        Ok((by, several)) => (Some(by), several),
        Err(flash) => (None, Some(flash)),
    };
    let found = match (&choice.appid, by) {
        (None, _) | (_, None) => Ok(Listing::empty()),
        (Some(merchant), Some(By::Serial(serial))) => {
            Listing::of_one(requests::find(&console.app, merchant, &serial).await)
        }
        (Some(merchant), Some(By::Filter(filter))) => {
            requests::list(&console.app, merchant, filter, seat.after(), ROWS).await
        }
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let filters = Filters { frame, path: PATH, filters: filters(&seat, choice.filter) };
    let table = Table {
        frame,
        caption: frame.t("发票列表", "Invoices"),
        heads: vec![
            frame.t("流水号", "Serial"),
            frame.t("状态", "State"),
            frame.t("发票号码", "Number"),
            frame.t("购方", "Buyer"),
            frame.t("价税合计", "Total"),
            frame.t("订单号", "Order"),
            frame.t("受理时间", "Accepted"),
        ],
        rows: found.items.iter().map(|request| row(frame, request)).collect(),
        empty: (
            frame.t("没有发票", "No invoices"),
            frame.t(
                "按号码、购方、金额查找时，最近几秒的发票可能还查不到。",
                "What was issued in the last seconds may not be found yet by number, buyer or amount.",
            ),
        ),
        pager: Pager::of(&filters.address(), seat.after(), found.next.as_deref()),
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    };
    let headline = frame.t("发票", "Invoices");
    let flash = flash.or(choice.note);
    let tabs = tabs(frame, PATH);
    Ok(html(StatusCode::OK, &Invoices { frame, headline, tabs, flash, filters, table }))
}

const FIELDS: [&str; 7] = ["serial", "number", "buyer", "amount", "order_id", "user", "state"];

/// What is asked for, and what must be said about that. Err: what is wrong with it.
fn by(seat: &Seat) -> Result<(By, Option<Flash>), Flash> {
    let frame = &seat.frame;
    let given = |name: &'static str| {
        Some((name, seat.query.get(name).trim())).filter(|(_, text)| !text.is_empty())
    };
    let mut all = FIELDS.into_iter().filter_map(given);
    let days = Span::of(seat)?;
    let Some((name, text)) = all.next() else {
        return Ok((By::Filter(span::filter(days, None)), None));
    };
    let several = all.next().is_some().then(|| span::goes_by_one(seat));
    let wrong = |zh, en| Flash::new(Tone::Bad, frame.t(zh, en));
    let field = |field, text: &str| By::Filter(span::filter(days, Some((field, text.to_owned()))));
    let by = match name {
        "serial" => {
            let serial = Serial::parse(text);
            By::Serial(
                serial.ok_or_else(|| wrong("流水号格式不正确。", "That can't be a serial."))?,
            )
        }
        // Or a classic one's number alone.
        "number" => field(Field::Number, &joined(text)),
        "buyer" => field(Field::Buyer, text),
        "amount" => {
            let fen = Fen::parse(text.trim_start_matches('¥'));
            let fen = fen.map_err(|_| wrong("金额应如 113.00。", "Write the amount as 113.00."))?;
            field(Field::Gross, &fen.get().to_string())
        }
        "order_id" => field(Field::Order, text),
        "user" => field(Field::User, text),
        _ => field(Field::State, text),
    };
    Ok((by, several))
}

fn filters<'a>(seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let field = |name, label, input| Filter::of(seat, name, label, input);
    let states = Input::choice([
        ("", frame.t("全部", "All")),
        ("issued", frame.t("已开具", "Issued")),
        ("running", frame.t("开具中", "Being issued")),
        ("failed", frame.t("开具失败", "Failed")),
    ]);
    let [day, until] = Span::filters(seat);
    vec![
        account,
        day,
        until,
        field(
            "number",
            frame.t("发票号码", "Number"),
            Input::Text(frame.t("号码，或代码+号码", "number, or code and number")),
        ),
        field("buyer", frame.t("购方名称", "Buyer"), Input::Text("")),
        field("amount", frame.t("价税合计", "Total"), Input::Text("113.00")),
        field("order_id", frame.t("订单号", "Order"), Input::Text("")),
        field("user", frame.t("用户", "User"), Input::Text("")),
        field("serial", frame.t("流水号", "Serial"), Input::Text("")),
        field("state", frame.t("状态", "State"), states),
    ]
}

fn row(frame: &Frame, request: &InvoiceRequest) -> Vec<Cell> {
    let (state, tone) = states::invoice(frame, &request.state);
    let (merchant, order_id) = (request.merchant.as_str(), request.order_id.as_str());
    let serial = request.serial.as_str();
    let number = request.invoice().ok().map(|invoice| invoice.number.clone());
    let number = number
        .map_or_else(Cell::default, |number| Cell::code(number.number()).below(number.code()));
    let red = match request.colour {
        Colour::Blue => "",
        Colour::Red { .. } => frame.t("红字", "red"),
    };
    vec![
        Cell::code(serial).link(invoice_address(merchant, serial)).below(red),
        Cell::mark(state, tone),
        number,
        Cell::text(&request.summary.buyer_name),
        Cell::number(words::yuan(request.summary.gross.get())),
        Cell::code(order_id).link(order_address(merchant, order_id)),
        Cell::text(words::moment(request.accepted_at.unix_millis())),
    ]
}
