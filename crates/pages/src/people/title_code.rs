//! The QR code of a user's title, which shops scan (wire_facts 1.3).

use crate::authorization::fields::{detail_of, name_of};
use crate::page::{Frame, Notice, html};
use crate::pages::Pages;
use crate::people::titles::gone;
use crate::qr::QrCode;
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kaipiao_app::people::{title_links, titles};

/// Seconds after which the page shows a new code by itself: well within a code's life.
const ANEW_EVERY_S: HeaderValue = HeaderValue::from_static("120");

#[derive(Template)]
#[template(path = "title_code.html")]
struct TitleCodePage<'a> {
    frame: &'a Frame,
    name: &'a str,
    detail: &'a str,
    qr: QrCode,
}

/// `GET /me/titles/{id}/code`
pub(crate) async fn show(
    State(pages): State<Pages>,
    PathNames(id): PathNames<String>,
    request: Request,
) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let book = match titles::title_book(&pages.app, &user).await {
        Ok(book) => book,
        Err(failure) => return unavailable(&frame, &failure),
    };
    let Some(entry) = book.iter().find(|entry| entry.id == id) else {
        return gone(&frame);
    };
    let text = title_links::code(&pages.app, &user.id, &entry.id);
    let page = TitleCodePage {
        frame: &frame,
        name: name_of(&entry.title),
        detail: detail_of(&entry.title),
        qr: QrCode::of(&text).expect("an address with two short ids fits"),
    };
    let mut response = html(StatusCode::OK, &page);
    response.headers_mut().insert("refresh", ANEW_EVERY_S);
    response
}

/// `GET /intp/invoice/usertitlewxa?invoice_key=`: a person has scanned what is for a shop's program.
pub(crate) async fn scanned(request: Request) -> Response {
    Notice::new(
        ("这是抬头二维码", "This is the code of an invoice title"),
        (
            "请由商家的收银或开票系统扫描。",
            "It is for the shop's till or invoicing system to scan.",
        ),
    )
    .of_waiting()
    .page(&Visit::of(request).frame(), StatusCode::OK)
}
