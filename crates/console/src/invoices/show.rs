//! One invoice: its face, its request and how that went, and the way to take it back.

use crate::console::Console;
use crate::errors::address::PATH as ERRORS_PATH;
use crate::frame::{Frame, html};
use crate::invoices::address::{PATH, face_address, invoice_address, offset_address};
use crate::orders::address::order_address;
use crate::parts::{Cell, Facts, Flash, Tone};
use crate::seat::Seat;
use crate::{states, words};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::invoicing::{documents, requests};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::serial::Serial;

#[derive(Template)]
#[template(path = "invoice.html")]
struct InvoicePage<'a> {
    frame: &'a Frame,
    path: &'static str,
    serial: &'a str,
    /// Where its offset is asked.
    offset: String,
    state: states::Said,
    flash: Option<Flash>,
    facts: Facts<'a>,
    /// Its name in the addresses of its documents; None: there is no invoice.
    document: Option<String>,
    /// Where its face is; None: none is drawn, as the invoice has brought its own document.
    face: Option<String>,
    /// Whether it may be taken back.
    can_be_offset: bool,
}

/// The request that an address names, if this user may see it.
pub(crate) async fn named(
    console: &Console,
    seat: &Seat,
    merchant: &str,
    serial: &str,
) -> Result<(Account, InvoiceRequest), Response> {
    let account = seat.account(console, merchant).await?;
    let serial = Serial::parse(serial).ok_or_else(|| seat.frame.not_found())?;
    let found = requests::find(&console.app, &account.appid, &serial).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    Ok((account, found.ok_or_else(|| seat.frame.not_found())?))
}

/// Whether it is an invoice that stands: what offset takes back.
pub(crate) fn can_be_offset(request: &InvoiceRequest) -> bool {
    let stands = matches!(request.state, RequestState::Issued { offset: Offset::Standing, .. });
    stands && request.colour == Colour::Blue
}

/// `GET /console/invoices/invoice?appid=&serial=`
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let (appid, serial) = (seat.query.get("appid"), seat.query.get("serial"));
    let (_, request) = named(&console, &seat, appid, serial).await?;
    let flash = (seat.query.get("said") == "offset").then(|| {
        let words = frame.t("红字发票请求已受理。", "The red invoice is being issued.");
        Flash::new(Tone::Good, words)
    });
    let invoice = request.invoice().ok();
    let is_drawn = invoice.is_some_and(|one| one.document(DocumentKind::Pdf).is_none());
    let face = || face_address(request.merchant.as_str(), request.serial.as_str());
    let name = || documents::name_of(&console.app, &request.merchant, &request.serial);
    let page = InvoicePage {
        frame,
        path: PATH,
        serial: request.serial.as_str(),
        offset: offset_address(request.merchant.as_str(), request.serial.as_str()),
        state: states::invoice(frame, &request.state),
        flash,
        facts: facts(frame, &request),
        document: invoice.map(|_| name()),
        face: is_drawn.then(face),
        can_be_offset: can_be_offset(&request),
    };
    Ok(html(StatusCode::OK, &page))
}

pub(crate) fn facts<'a>(frame: &'a Frame, request: &InvoiceRequest) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let merchant = request.merchant.as_str();
    let order_id = request.order_id.as_str();
    let another = |serial: &Serial| {
        Cell::code(serial.as_str()).link(invoice_address(merchant, serial.as_str()))
    };
    let mut rows = Vec::new();
    if let Ok(invoice) = request.invoice() {
        rows.push((t("发票代码", "Code"), Cell::code(invoice.number.code())));
        rows.push((t("发票号码", "Number"), Cell::code(invoice.number.number())));
        rows.push((t("开具时间", "Issued"), Cell::text(words::moment(invoice.at.unix_millis()))));
    }
    if let RequestState::Failed { failure, at } = &request.state {
        let code = failure.code().number().to_string();
        let cell = Cell::mark(&*code, Tone::Bad).link(format!("{ERRORS_PATH}/{code}"));
        rows.push((t("失败原因", "Why it failed"), cell.below(failure.words())));
        rows.push((t("失败时间", "Failed"), Cell::text(words::moment(at.unix_millis()))));
    }
    let tries = t("次", "tries");
    rows.extend([
        (t("价税合计", "Total"), Cell::text(words::yuan(request.summary.gross.get()))),
        (t("税额", "Tax"), Cell::text(words::yuan(request.summary.tax.get()))),
        (
            t("购方", "Buyer"),
            Cell::text(&request.summary.buyer_name).below(&request.summary.buyer_tax_id),
        ),
        (
            t("销方", "Seller"),
            Cell::text(&request.summary.seller_name).below(&request.summary.seller_tax_id),
        ),
        (t("订单号", "Order"), Cell::code(order_id).link(order_address(merchant, order_id))),
        (t("用户", "User"), Cell::code(request.user.as_str())),
        (t("受理时间", "Accepted"), Cell::text(words::moment(request.accepted_at.unix_millis()))),
        (t("请求内容", "Contents sent"), Cell::text(format!("{} {tries}", request.content_number))),
    ]);
    match (&request.colour, &request.state) {
        (Colour::Red { blue }, _) => rows.push((t("冲红的发票", "Takes back"), another(blue))),
        (_, RequestState::Issued { offset: Offset::Underway(red) | Offset::Done(red), .. }) => {
            rows.push((t("红字发票", "Taken back by"), another(red)));
        }
        _ => {}
    }
    Facts { rows }
}
