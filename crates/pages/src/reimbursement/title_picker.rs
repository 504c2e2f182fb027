//! The picker of titles: a user hands one of their title book to a page (wire_facts 1.3).

use crate::page::{Frame, html};
use crate::pages::Pages;
use crate::people::title_choice::TitleChoice;
use crate::reimbursement::picked::{self, Answer, no_origin};
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::people::titles::title_book;
use kaipiao_domain::people::title::{InvoiceTitle, TitleField, TitleSide};
use kaipiao_wire::answer::bare;
use serde::Serialize;

pub(crate) const TITLE_PICKER_PATH: &str = "/open/choose-title";
/// What its answers begin with.
const NAME: &str = "choose_invoice_title";

#[derive(Template)]
#[template(path = "title_picker.html")]
struct TitlePicker<'a> {
    frame: &'a Frame,
    rows: Vec<TitleChoice>,
}

/// `choose_invoice_title_info`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TitleInfo<'a> {
    /// 0: a company, 1: an individual.
    r#type: &'static str,
    title: &'a str,
    tax_number: &'a str,
    company_address: &'a str,
    telephone: &'a str,
    bank_name: &'a str,
    bank_account: &'a str,
}

impl<'a> TitleInfo<'a> {
    fn of(title: &'a InvoiceTitle) -> Self {
        let of = |field| title.get(field);
        Self {
            r#type: if title.side() == TitleSide::Company { "0" } else { "1" },
            title: of(TitleField::Title),
            tax_number: of(TitleField::TaxNo),
            company_address: of(TitleField::Addr),
            telephone: of(TitleField::Phone),
            bank_name: of(TitleField::BankType),
            bank_account: of(TitleField::BankNo),
        }
    }
}

/// `GET` and `POST /open/choose-title?scene=&origin=`
pub(crate) async fn choose(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let Some(origin) = visit.opener() else { return no_origin(&visit.frame()) };
    let UserVisit { user, frame, form } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    if form.find("cancel").is_some() {
        return picked::cancelled(&frame, &origin, NAME);
    }
    let book = match title_book(&pages.app, &user).await {
        Ok(book) => book,
        Err(failure) => return unavailable(&frame, &failure),
    };
    let chosen = book.iter().find(|entry| Some(&*entry.id) == form.find("title"));
    let Some(chosen) = chosen else {
        let rows = book.into_iter().map(TitleChoice::from).collect();
        return html(StatusCode::OK, &TitlePicker { frame: &frame, rows });
    };
    let info = Some(bare(&TitleInfo::of(&chosen.title)));
    let answer = Answer { choose_invoice_title_info: info, ..Answer::of(NAME, "ok") };
    picked::chosen(&frame, &origin, &answer)
}
