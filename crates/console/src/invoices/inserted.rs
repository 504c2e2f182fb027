//! Invoices that platforms have inserted for a merchant's orders, newest first.

use crate::choice::{Reach, chosen};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::invoices::address::{INSERTED_PATH, tabs};
use crate::invoices::joined;
use crate::orders::address::order_address;
use crate::parts::{Cell, Filter, Filters, Flash, Input, Pager, Table};
use crate::seat::Seat;
use crate::span::{self, Span};
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::listing::Listing;
use kaipiao_app::platform::inserted::{self, ListedInserted};
use kaipiao_ports::record::Field;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "invoices.html")]
struct Inserted<'a> {
    frame: &'a Frame,
    headline: &'a str,
    tabs: [(&'static str, &'a str, bool); 2],
    flash: Option<Flash>,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// `GET /console/invoices/inserted?appid=&number=&order_id=&user=&day=&until=&after=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let choice = chosen(&console, &seat, Reach::OneMerchant).await?;
    let (days, wrong) = match Span::of(&seat) {
        Ok(days) => (days, None),
        Err(wrong) => (None, Some(wrong)),
    };
    let (field, several) = field(&seat);
    let found = match choice.appid.as_ref().filter(|_| wrong.is_none()) {
        None => Ok(Listing::empty()),
        Some(merchant) => {
            let filter = span::filter(days, field);
            inserted::list(&console.app, merchant, filter, seat.after(), ROWS).await
        }
    };
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let filters = Filters { frame, path: INSERTED_PATH, filters: filters(&seat, choice.filter) };
    let table = Table {
        frame,
        caption: frame.t("平台插入的发票", "Invoices that platforms have inserted"),
        heads: vec![
            frame.t("发票号码", "Number"),
            frame.t("购方", "Buyer"),
            frame.t("价税合计", "Total"),
            frame.t("订单号", "Order"),
            frame.t("平台", "Platform"),
            frame.t("卡券", "Card"),
            frame.t("插入时间", "Inserted"),
        ],
        rows: found.items.iter().map(|listed| row(frame, listed)).collect(),
        empty: (
            frame.t("没有平台插入的发票", "No platform has inserted an invoice"),
            frame.t(
                "按号码、订单号、用户查找时，最近几秒的发票可能还查不到。",
                "What was inserted in the last seconds may not be found yet by number, order or user.",
            ),
        ),
        pager: Pager::of(&filters.address(), seat.after(), found.next.as_deref()),
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    };
    let headline = frame.t("发票", "Invoices");
    let flash = wrong.or(several).or(choice.note);
    let tabs = tabs(frame, INSERTED_PATH);
    Ok(html(StatusCode::OK, &Inserted { frame, headline, tabs, flash, filters, table }))
}

const FIELDS: [(&str, Field); 3] =
    [("number", Field::Number), ("order_id", Field::Order), ("user", Field::User)];

/// The field that the listing goes by, and what must be said where more than one is filled in.
fn field(seat: &Seat) -> (Option<(Field, String)>, Option<Flash>) {
    let given = |(name, field)| {
        let text = seat.query.get(name).trim();
        let text = if field == Field::Number { joined(text) } else { text.to_owned() };
        (!text.is_empty()).then_some((field, text))
    };
    let mut all = FIELDS.into_iter().filter_map(given);
    let first = all.next();
    (first, all.next().is_some().then(|| span::goes_by_one(seat)))
}

fn filters<'a>(seat: &'a Seat, account: Filter<'a>) -> Vec<Filter<'a>> {
    let frame = &seat.frame;
    let field = |name, label, hint| Filter {
        name,
        label,
        value: seat.query.get(name).trim().to_owned(),
        input: Input::Text(hint),
    };
    let [day, until] = Span::filters(seat);
    vec![
        account,
        day,
        until,
        field(
            "number",
            frame.t("发票号码", "Number"),
            frame.t("号码，有代码的为代码+号码", "number, or code and number"),
        ),
        field("order_id", frame.t("订单号", "Order"), ""),
        field("user", frame.t("用户", "User"), ""),
    ]
}

fn row(frame: &Frame, listed: &ListedInserted) -> Vec<Cell> {
    let invoice = &listed.invoice;
    let (merchant, order_id) = (invoice.merchant.as_str(), invoice.order_id.as_str());
    vec![
        Cell::code(invoice.number.number()).below(invoice.number.code()),
        Cell::text(&invoice.content.buyer.name),
        Cell::number(words::yuan(invoice.content.gross.get())),
        Cell::code(order_id).link(order_address(merchant, order_id)),
        Cell::code(invoice.platform.as_str()).below(&invoice.kind),
        states::card(frame, listed.status.as_ref()),
        Cell::text(words::moment(invoice.inserted_at.unix_millis())),
    ]
}
