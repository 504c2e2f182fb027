//! The picker: a user chooses invoices for a company, which can read, lock and write them off from then on
//! (wire_facts 1.2).

use crate::form::Form;
use crate::page::{Frame, Notice, html, initial};
use crate::pages::Pages;
use crate::reimbursement::picked::{self, Answer, no_origin};
use crate::time::china_day;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::reimbursement::choose::{self, ChooseError};
use kaipiao_app::reimbursement::picker::{self, CardSign, PickerError};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::user::UserId;
use kaipiao_wire::reimbursement::app_return::{PickerEnd, return_to_app};
use kaipiao_wire::reimbursement::read_invoice::write_chosen;

pub(crate) const PICKER_PATH: &str = "/open/choose-invoice";
/// What its answers begin with.
const NAME: &str = "choose_invoice";
/// The only way to sign.
const SIGN_TYPE: &str = "SHA1";
/// What an app sends in the place of a page's origin.
const SOURCE_OF_APPS: &str = "app";

/// Who has opened the picker, and is told how it ends.
enum Opener {
    /// A page, by a message to its origin.
    Page(String),
    /// An app, by a link of its own scheme.
    App(AppId),
}

impl Opener {
    fn of(visit: &Visit) -> Option<Self> {
        if visit.parameter("source") == SOURCE_OF_APPS {
            return AppId::parse(&visit.parameter("appid")).map(Self::App);
        }
        visit.opener().map(Self::Page)
    }
}

#[derive(Template)]
#[template(path = "picker.html")]
struct Picker<'a> {
    frame: &'a Frame,
    company: &'a str,
    initial: String,
    rows: Vec<Row>,
    /// The visitor has confirmed and chosen none.
    is_nothing_chosen: bool,
}

struct Row {
    code: String,
    seller: String,
    buyer: String,
    /// Yuan with two places.
    amount: String,
    day: String,
    /// A bill, not an invoice.
    is_bill: bool,
}

impl From<InvoiceCard> for Row {
    fn from(card: InvoiceCard) -> Self {
        Self {
            code: card.code.to_string(),
            is_bill: card.number.card_kind() == CardKind::Bill,
            seller: card.seller,
            buyer: card.buyer,
            amount: card.gross.to_string(),
            day: china_day(card.issued_at.unix_seconds()),
        }
    }
}

fn sign_of(visit: &Visit) -> CardSign {
    CardSign {
        appid: visit.parameter("appid"),
        timestamp: visit.parameter("timestamp"),
        nonce: visit.parameter("nonceStr"),
        signature: visit.parameter("cardSign"),
    }
}

/// `GET` and `POST /open/choose-invoice?appid=&timestamp=&nonceStr=&signType=&cardSign=`, from a page with
/// `&origin=`, from an app with `&source=app`.
pub(crate) async fn choose(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let frame = visit.frame();
    let Some(opener) = Opener::of(&visit) else { return no_origin(&frame) };
    // What is read of the visit first: its body cannot be shared between threads.
    let (sign, sign_type) = (sign_of(&visit), visit.parameter("signType"));
    let company = match company_of(&pages, &sign, &sign_type).await {
        Ok(company) => company,
        Err(PickerError::Failed(failure)) => return unavailable(&frame, &failure),
        Err(error) => return ended(&frame, &opener, PickerEnd::Failed(error.to_string())),
    };
    let UserVisit { user, frame, form } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    if form.find("cancel").is_some() {
        return ended(&frame, &opener, PickerEnd::Cancelled);
    }
    let codes = codes_of(&form);
    if codes.is_empty() {
        let is_nothing_chosen = form.find("form_token").is_some();
        return offer(&pages, &frame, &company, &user.id, is_nothing_chosen).await;
    }
    match choose::choose(&pages.app, &company, &user.id, &codes).await {
        Ok(chosen) => ended(&frame, &opener, PickerEnd::Chosen(chosen)),
        // Somebody else has it meanwhile: the list says what is left.
        Err(ChooseError::NotThere(_)) => offer(&pages, &frame, &company, &user.id, false).await,
        Err(ChooseError::Failed(failure)) => unavailable(&frame, &failure),
        Err(error) => ended(&frame, &opener, PickerEnd::Failed(error.to_string())),
    }
}

async fn company_of(
    pages: &Pages,
    sign: &CardSign,
    sign_type: &str,
) -> Result<Account, PickerError> {
    match sign_type {
        "" | SIGN_TYPE => picker::company_of(&pages.app, sign).await,
        _ => Err(PickerError::InvalidSignature(SIGN_TYPE)),
    }
}

fn codes_of(form: &Form) -> Vec<CardCode> {
    form.all("code").filter_map(CardCode::parse).take(choose::AT_MOST).collect()
}

async fn offer(
    pages: &Pages,
    frame: &Frame,
    company: &Account,
    user: &UserId,
    is_nothing_chosen: bool,
) -> Response {
    match choose::offered(&pages.app, user).await {
        Ok(cards) => {
            let page = Picker {
                frame,
                company: &company.name,
                initial: initial(&company.name),
                rows: cards.into_iter().map(Row::from).collect(),
                is_nothing_chosen,
            };
            html(StatusCode::OK, &page)
        }
        Err(failure) => unavailable(frame, &failure),
    }
}

/// Tells whoever has opened the picker how it ended.
fn ended(frame: &Frame, opener: &Opener, end: PickerEnd) -> Response {
    match opener {
        Opener::Page(origin) => told_to_page(frame, origin, end),
        Opener::App(appid) => told_to_app(frame, &return_to_app(appid, &end), &end),
    }
}

fn told_to_page(frame: &Frame, origin: &str, end: PickerEnd) -> Response {
    match end {
        PickerEnd::Chosen(chosen) => {
            let info = Some(write_chosen(&chosen));
            let answer = Answer { choose_invoice_info: info, ..Answer::of(NAME, "ok") };
            picked::chosen(frame, origin, &answer)
        }
        PickerEnd::Cancelled => picked::cancelled(frame, origin, NAME),
        PickerEnd::Failed(why) => {
            let words = frame.t(
                "企业的页面有误，无法选择发票：",
                "The company's page is wrong, nothing can be chosen: ",
            );
            let words = format!("{words}{why}");
            let answer = Answer { err_desc: why, ..Answer::of(NAME, "fail") };
            picked::page(frame, StatusCode::FORBIDDEN, origin, &answer, &words)
        }
    }
}

/// A browser opens an app's link only when it is tapped.
fn told_to_app(frame: &Frame, address: &str, end: &PickerEnd) -> Response {
    let back = ("返回应用", "Back to the app");
    let (status, notice) = match end {
        PickerEnd::Chosen(_) => (
            StatusCode::OK,
            Notice::new(
                ("已选择发票", "Invoices chosen"),
                ("返回应用，将所选发票交给企业。", "Go back to the app to hand them over."),
            )
            .of_yes(),
        ),
        PickerEnd::Cancelled => (
            StatusCode::OK,
            Notice::new(
                ("未选择发票", "Nothing was chosen"),
                ("可以返回应用，稍后再选。", "Go back to the app; you can choose later."),
            )
            .of_no(),
        ),
        PickerEnd::Failed(why) => (
            StatusCode::FORBIDDEN,
            Notice::new(
                (
                    "企业的应用有误，无法选择发票",
                    "The company's app is wrong, nothing can be chosen",
                ),
                (why, why),
            ),
        ),
    };
    notice.with_link(address, back).page(frame, status)
}
