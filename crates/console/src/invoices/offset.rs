//! Taking an invoice back: asked once more, then through the use case of clearoutinvoice.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::invoices::address::{OFFSET_PATH, invoice_address};
use crate::invoices::show::{can_be_offset, facts, named};
use crate::parts::{Facts, Flash, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::invoicing::s15_offset::{self, OffsetError};
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_pages::{refused, see_other, told};

#[derive(Template)]
#[template(path = "offset.html")]
struct OffsetPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    merchant: &'a str,
    serial: &'a str,
    back: String,
    flash: Option<Flash>,
    facts: Facts<'a>,
}

/// `GET /console/invoices/offset?appid=&serial=`: asks whether that is meant.
pub(crate) async fn ask(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let (appid, serial) = (seat.query.get("appid"), seat.query.get("serial"));
    let (_, request) = named(&console, &seat, appid, serial).await?;
    if !can_be_offset(&request) {
        return Ok(see_other(&address(&request)));
    }
    Ok(page(&seat.frame, &request, StatusCode::OK, None))
}

/// `POST /console/invoices/offset {appid, serial}`
pub(crate) async fn make(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let (appid, serial) = (seat.form.get("appid"), seat.form.get("serial"));
    let (account, request) = named(&console, &seat, appid, serial).await?;
    let made = s15_offset::offset_by_hand(&console.app, &account, &request).await;
    let lang = seat.frame.lang;
    let again = |why: String| {
        let flash = Some(Flash::new(Tone::Bad, why));
        page(&seat.frame, &request, StatusCode::UNPROCESSABLE_ENTITY, flash)
    };
    match made {
        Ok(red) => {
            let (appid, serial) = (&account.appid, &request.serial);
            tracing::info!(%appid, %serial, %red, by = seat.name(), "an invoice is taken back by the console");
            Ok(see_other(&format!("{}&said=offset", address(&request))))
        }
        Err(OffsetError::Failed(Failure::Refused(refusal))) => Ok(again(refused(lang, &refusal))),
        Err(OffsetError::Failed(failure)) => Err(seat.failed(&failure)),
        Err(error @ OffsetError::UnknownOriginal) => Ok(again(told(lang, &error.to_string()))),
    }
}

fn address(request: &InvoiceRequest) -> String {
    invoice_address(request.merchant.as_str(), request.serial.as_str())
}

fn page(
    frame: &Frame,
    request: &InvoiceRequest,
    status: StatusCode,
    flash: Option<Flash>,
) -> Response {
    let page = OffsetPage {
        frame,
        path: OFFSET_PATH,
        merchant: request.merchant.as_str(),
        serial: request.serial.as_str(),
        back: address(request),
        flash,
        facts: facts(frame, request),
    };
    html(status, &page)
}
