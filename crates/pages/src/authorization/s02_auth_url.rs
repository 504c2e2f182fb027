//! The authorization page: what auth_url opens (sections 2 to 6; wire_facts 4).
//!
//! It works without scripts. Everything that a person taps is a submit button of one form: a title
//! of their book (the page comes back filled, what was typed in the merchant's own fields stays),
//! yes, and no. After yes or no the browser is sent on by GET, so that a reload repeats nothing. A script is on the last
//! page alone, and only where another page has opened this one and waits for the answer (`way_back`).

use crate::authorization::fields::{
    self, Field, detail_of, name_of, with_custom_of, without_custom,
};
use crate::authorization::way_back::WayBack;
use crate::authorization::words::{ClosedBecause, News, Purpose, Said};
use crate::form::Form;
use crate::page::{Frame, html, initial, notice, see_other, to_login};
use crate::pages::Pages;
use crate::phone::around;
use crate::telephone::tel_address;
use crate::time::china_time;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::authorization::page as auth_page;
use kaipiao_app::authorization::page::{AuthPage, PageStatus};
use kaipiao_app::authorization::s06_auth_push;
use kaipiao_app::authorization::s06_auth_push::{AnswerError, shown_mark};
use kaipiao_app::people::titles;
use kaipiao_app::people::wallet::InvoiceProgress;
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::authorization_request::AuthorizationRequest;
use kaipiao_domain::authorization::authorization_request::PageType;
use kaipiao_domain::authorization::page_fields::FieldProblem;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::{ChoiceRefused, UserChoice};
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::title::{InvoiceTitle, TitleSide};
use kaipiao_domain::people::user::{BookEntry, User};
use kaipiao_wire::authorization::s02_auth_url::{
    NoAnswer, Return, return_after, return_without_answer,
};

/// What the page says of the order, whatever its state.
struct OrderFacts {
    merchant: String,
    /// The first character of the merchant's name, where a logo would be.
    initial: String,
    platform: String,
    phone: String,
    /// Dials the phone; empty: it is no number.
    tel: String,
    order_id: String,
    /// The invoice's total once there is one, the order's before: yuan with two places.
    amount: String,
    time: String,
    purpose: Purpose,
}

impl OrderFacts {
    fn of(page: &AuthPage) -> Self {
        let request = &page.request;
        Self {
            merchant: page.merchant_name.clone(),
            initial: initial(&page.merchant_name),
            platform: page.platform_name.clone(),
            phone: page.merchant_phone.clone(),
            tel: tel_address(&page.merchant_phone),
            order_id: request.order_id.as_str().to_owned(),
            amount: shown_total(page).to_string(),
            time: order_time(page),
            purpose: Purpose::of(request),
        }
    }

    fn is_of_bill(&self) -> bool {
        self.purpose == Purpose::CollectBill
    }

    /// What the page is for, as its heading and its button.
    fn heading(&self, frame: &Frame) -> &'static str {
        let (zh, en) = self.purpose.heading();
        frame.t(zh, en)
    }
}

/// The invoice's total once there is one, the order's before.
fn shown_total(page: &AuthPage) -> Fen {
    match page.progress {
        InvoiceProgress::Issued { total, .. } => total,
        InvoiceProgress::Awaited | InvoiceProgress::Underway | InvoiceProgress::Failed => {
            Fen::new(page.request.money_fen)
        }
    }
}

/// The merchant's timestamp where it can be one; otherwise when the merchant asked. Merchants send
/// whatever (wire_facts 1.5), and people should not read nonsense.
fn order_time(page: &AuthPage) -> String {
    const YEAR_2000_S: i64 = 946_684_800;
    let (sent_s, asked_s) = (i64::from(page.request.timestamp), page.offered_at.unix_seconds());
    let is_plausible = (YEAR_2000_S..=asked_s + 86_400).contains(&sent_s);
    china_time(if is_plausible { sent_s } else { asked_s })
}

#[derive(Template)]
#[template(path = "authorize.html")]
struct Authorize<'a> {
    frame: &'a Frame,
    facts: OrderFacts,
    was_declined: bool,
    /// What the page shows of the request, so that nobody agrees to what they did not see.
    shown_mark: String,
    /// What went wrong, in words; empty: nothing.
    trouble: &'a str,
    /// A type 1 page's part; None on the others.
    title: Option<TitlePart<'a>>,
    /// Where an app's user goes who leaves without an answer.
    way_out: Option<WayBack>,
}

struct TitlePart<'a> {
    book: Vec<BookRow<'a>>,
    is_company: bool,
    company: Vec<Field>,
    personal: Vec<Field>,
    wants_saving: bool,
    /// A title without a name is not worth keeping.
    may_save: bool,
}

struct BookRow<'a> {
    id: &'a str,
    name: &'a str,
    detail: &'a str,
    is_company: bool,
}

#[derive(Template)]
#[template(path = "answered.html")]
struct Answered<'a> {
    frame: &'a Frame,
    facts: OrderFacts,
    news: News,
    said: Said,
    answered_at: String,
    /// The name of the invoice that can be looked at; empty: there is none.
    invoice_name: String,
    way_back: WayBack,
}

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed<'a> {
    frame: &'a Frame,
    facts: OrderFacts,
    said: Said,
    reason: Option<RejectionReason>,
    way_back: WayBack,
}

/// `GET` and `POST` of an auth_url.
pub(crate) async fn page(State(pages): State<Pages>, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    let visit = Visit::of(request);
    // A link that was changed is said to be so before anybody is asked who they are.
    let (link, is_done) = (visit.address(), visit.parameter("done") == "1");
    let opener = visit.opener();
    if !auth_page::is_own_link(&pages.app, &link) {
        return forged(&visit.frame());
    }
    let UserVisit { user, frame, form } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let page = match auth_page::auth_page(&pages.app, &link, &user).await {
        Ok(page) => page,
        Err(error) => return refused(&frame, &link, error),
    };
    let back = return_from(&page, is_done);
    let frame = match around::authorization_page(&pages, frame, &user, &page.request, back).await {
        Ok(frame) => frame,
        Err(response) => return response,
    };
    if !is_post {
        return shown(&frame, page, is_done, opener);
    }
    match form.get("decision") {
        "authorize" => authorize(&pages, &frame, &link, page, &form, &user).await,
        "decline" => {
            let answered =
                s06_auth_push::answer(&pages.app, &link, &user.id, UserChoice::Decline, None).await;
            went_on(&frame, &link, &page, answered)
        }
        _ if page.is_open() => refilled(&frame, page, &form),
        _ => see_other(&link),
    }
}

/// Where the user goes from a page that asks nothing any more; None: it asks.
fn return_from(page: &AuthPage, is_done: bool) -> Option<Return> {
    match page.status {
        PageStatus::Authorized { .. } => Some(return_after(&page.request, true)),
        PageStatus::Declined if is_done => Some(return_after(&page.request, false)),
        PageStatus::Open | PageStatus::Declined => None,
        PageStatus::AuthorizedByAnother
        | PageStatus::Rejected { .. }
        | PageStatus::Expired
        | PageStatus::Refunded => Some(return_without_answer(&page.request, NoAnswer::Failed)),
    }
}

/// The page as a GET shows it.
fn shown(frame: &Frame, page: AuthPage, is_done: bool, opener: Option<String>) -> Response {
    let facts = OrderFacts::of(&page);
    let back = return_from(&page, is_done).unwrap_or(Return::Stay);
    let way_back = WayBack::of(back, opener, on_phone(frame, &page.request));
    let (why, reason) = match page.status.clone() {
        PageStatus::Authorized { at } => {
            let news = News::of(&page.progress, is_done);
            return answered(frame, facts, news, Some(at), page.progress, way_back);
        }
        PageStatus::Declined if is_done => {
            return answered(frame, facts, News::Declined, None, page.progress, way_back);
        }
        PageStatus::Open | PageStatus::Declined => {
            let filled = first_filling(&page);
            return html(StatusCode::OK, &asking(frame, &page, &filled, false, &[], ""));
        }
        PageStatus::AuthorizedByAnother => (ClosedBecause::Another, None),
        PageStatus::Rejected { reason } => (ClosedBecause::Rejected, reason),
        PageStatus::Expired => (ClosedBecause::Expired, None),
        PageStatus::Refunded => (ClosedBecause::Refunded, None),
    };
    let status = if why == ClosedBecause::Expired { StatusCode::GONE } else { StatusCode::OK };
    let said = why.said(facts.purpose);
    let page = Closed { frame, facts, said, reason, way_back };
    page.way_back.html(status, &page)
}

fn answered(
    frame: &Frame,
    facts: OrderFacts,
    news: News,
    at: Option<Timestamp>,
    progress: InvoiceProgress,
    way_back: WayBack,
) -> Response {
    let invoice_name = match progress {
        InvoiceProgress::Issued { name, .. } => name,
        InvoiceProgress::Awaited | InvoiceProgress::Underway | InvoiceProgress::Failed => {
            String::new()
        }
    };
    let page = Answered {
        frame,
        said: news.said(facts.purpose),
        facts,
        news,
        answered_at: at.map(|at| china_time(at.unix_seconds())).unwrap_or_default(),
        invoice_name,
        way_back,
    };
    page.way_back.html(StatusCode::OK, &page)
}

/// Both sides of a type 1 page, and which of them is open.
struct Filling {
    side: TitleSide,
    company: InvoiceTitle,
    personal: InvoiceTitle,
}

/// The user's default title is filled in, and the first of the other side.
fn first_filling(page: &AuthPage) -> Filling {
    let first = |side| {
        let found = page.book.iter().map(|entry| &entry.title).find(|title| title.side() == side);
        found.cloned().unwrap_or_else(|| InvoiceTitle::new(side))
    };
    Filling {
        side: page.book.first().map_or(TitleSide::Company, |entry| entry.title.side()),
        company: first(TitleSide::Company),
        personal: first(TitleSide::Personal),
    }
}

fn typed_filling(page: &AuthPage, form: &Form) -> Filling {
    let is_personal = form.get("kind") == TitleSide::Personal.name();
    Filling {
        side: if is_personal { TitleSide::Personal } else { TitleSide::Company },
        company: fields::read(form, &page.fields, TitleSide::Company),
        personal: fields::read(form, &page.fields, TitleSide::Personal),
    }
}

impl Filling {
    fn chosen(&self) -> &InvoiceTitle {
        match self.side {
            TitleSide::Company => &self.company,
            TitleSide::Personal => &self.personal,
        }
    }
}

/// A title of the book was tapped: the page comes back with it.
fn refilled(frame: &Frame, page: AuthPage, form: &Form) -> Response {
    let mut filling = typed_filling(&page, form);
    if let Some(entry) = page.book.iter().find(|entry| entry.id == form.get("use")) {
        filling.side = entry.title.side();
        let place = match filling.side {
            TitleSide::Company => &mut filling.company,
            TitleSide::Personal => &mut filling.personal,
        };
        *place = with_custom_of(&entry.title, place);
    }
    let wants_saving = !form.get("save").is_empty();
    html(StatusCode::OK, &asking(frame, &page, &filling, wants_saving, &[], ""))
}

/// The page as somebody sees it who has not answered and keeps no title.
pub(super) fn untouched<'a>(frame: &'a Frame, page: &'a AuthPage) -> impl Template + 'a {
    asking(frame, page, &first_filling(page), false, &[], "")
}

fn asking<'a>(
    frame: &'a Frame,
    page: &'a AuthPage,
    filling: &Filling,
    wants_saving: bool,
    problems: &[FieldProblem],
    trouble: &'a str,
) -> Authorize<'a> {
    let side = |title: &InvoiceTitle| {
        let own = if title.side() == filling.side { problems } else { &[] };
        fields::of_side(frame.lang, &page.fields, title, own)
    };
    let row = |entry: &'a BookEntry| BookRow {
        id: &entry.id,
        name: name_of(&entry.title),
        detail: detail_of(&entry.title),
        is_company: entry.title.side() == TitleSide::Company,
    };
    let title = (page.request.page_type == PageType::FillTitle).then(|| TitlePart {
        book: page.book.iter().map(row).collect(),
        is_company: filling.side == TitleSide::Company,
        company: side(&filling.company),
        personal: side(&filling.personal),
        wants_saving,
        may_save: page.fields.company.shows_title() || page.fields.personal.shows_title(),
    });
    let was_declined = matches!(page.status, PageStatus::Declined);
    Authorize {
        frame,
        facts: OrderFacts::of(page),
        was_declined,
        shown_mark: shown_mark(&page.request),
        trouble,
        title,
        way_out: way_out(frame, &page.request),
    }
}

/// Where an app's user leaves the page to: the sandbox's phone plays it.
fn way_out(frame: &Frame, request: &AuthorizationRequest) -> Option<WayBack> {
    let left = return_without_answer(request, NoAnswer::Left);
    let is_link = matches!(left, Return::Address(_));
    is_link.then(|| WayBack::of(left, None, on_phone(frame, request)))
}

/// The order, where the sandbox's phone is around its page.
fn on_phone<'a>(frame: &Frame, request: &'a AuthorizationRequest) -> Option<&'a str> {
    frame.phone.as_ref().map(|_| request.order_id.as_str())
}

async fn authorize(
    pages: &Pages,
    frame: &Frame,
    link: &str,
    page: AuthPage,
    form: &Form,
    user: &User,
) -> Response {
    let filling = typed_filling(&page, form);
    let is_type_1 = page.request.page_type == PageType::FillTitle;
    let title = is_type_1.then(|| filling.chosen().clone());
    let wants_saving = is_type_1 && !form.get("save").is_empty();
    let shown = Some(form.get("shown"));
    // Asked again with what was typed, and what is the matter.
    let again = |status, page: &AuthPage, problems: &[FieldProblem], trouble: &str| {
        html(status, &asking(frame, page, &filling, wants_saving, problems, trouble))
    };
    match s06_auth_push::answer(&pages.app, link, &user.id, UserChoice::Authorize(title), shown)
        .await
    {
        Err(AnswerError::Refused(ChoiceRefused::Title(problems))) => {
            let trouble = frame.t(
                "请检查标红的内容后再提交。",
                "Please check the fields marked in red and submit again.",
            );
            again(StatusCode::UNPROCESSABLE_ENTITY, &page, &problems, trouble)
        }
        Err(AnswerError::RequestChanged) => {
            let trouble = frame.t(
                "商家更新了订单信息，请核对后再提交。",
                "The merchant has changed the order. Please check it again before you submit.",
            );
            match auth_page::auth_page(&pages.app, link, user).await {
                Ok(page) if page.is_open() => again(StatusCode::CONFLICT, &page, &[], trouble),
                Ok(_) => see_other(link),
                Err(error) => refused(frame, link, error),
            }
        }
        Err(AnswerError::Failed(failure)) => {
            tracing::error!(why = %failure, "an answer was not taken");
            let trouble = frame.t(
                "系统繁忙，请稍后再次提交。已填写的内容已保留。",
                "We're busy right now. Please submit again in a moment. What you typed is still here.",
            );
            again(StatusCode::SERVICE_UNAVAILABLE, &page, &[], trouble)
        }
        answered => {
            if answered.is_ok() && wants_saving {
                // The invoice is asked for; a full book is no reason to say otherwise.
                let title = without_custom(filling.chosen());
                if let Err(error) = titles::save(&pages.app, &user.id, None, title).await {
                    tracing::info!(%error, "a title was not saved to the book");
                }
            }
            went_on(frame, link, &page, answered)
        }
    }
}

/// After an answer: on to the merchant, or to the page that says what happened. A second tap on the
/// same button leads where the first one did.
fn went_on(
    frame: &Frame,
    link: &str,
    page: &AuthPage,
    answered: Result<s06_auth_push::TakenAnswer, AnswerError>,
) -> Response {
    let back = match answered {
        Ok(taken) => return_after(&taken.request, taken.is_authorized),
        Err(AnswerError::Refused(ChoiceRefused::AlreadyAuthorized)) => {
            return_after(&page.request, true)
        }
        Err(error) => return refused(frame, link, error),
    };
    let done = format!("{}&done=1", link.split("&done=1").next().unwrap_or(link));
    match back {
        Return::Address(address) if address.starts_with("http") => see_other(&address),
        Return::Address(_) | Return::Stay => see_other(&done),
        // A web-view tells its mini program where it is, not what the page holds.
        Return::Result { err_code, order_id } => {
            let order_id: String = form_urlencoded::byte_serialize(order_id.as_bytes()).collect();
            see_other(&format!("{done}&errCode={err_code}&wxOrderId={order_id}"))
        }
    }
}

fn refused(frame: &Frame, link: &str, error: AnswerError) -> Response {
    match error {
        AnswerError::ForgedLink => forged(frame),
        AnswerError::UnknownUser(_) => to_login(link),
        // The page itself says where the order stands.
        AnswerError::Refused(_) | AnswerError::RequestChanged => see_other(link),
        AnswerError::Failed(
            failure @ (Failure::Overloaded(_)
            | Failure::Away(_)
            | Failure::Unreadable(_)
            | Failure::Damaged(_)),
        ) => unavailable(frame, &failure),
        AnswerError::Failed(Failure::Refused(_)) => see_other(link),
    }
}

fn forged(frame: &Frame) -> Response {
    notice(
        frame,
        StatusCode::BAD_REQUEST,
        ("链接无效", "This link isn't valid"),
        (
            "链接不完整或被修改过。请回到商家页面，重新获取开票链接。",
            "It's incomplete or has been changed. Go back to the merchant and ask for a new link.",
        ),
    )
}
