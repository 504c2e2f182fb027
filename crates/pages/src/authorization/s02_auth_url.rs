//! The authorization page: what auth_url opens (sections 2 to 6; wire_facts 4).
//!
//! It works without scripts. Everything that a person taps is a submit button of one form: a title
//! of their book (the page comes back filled, what was typed in the merchant's own fields stays),
//! yes, and no. After yes or no the browser is sent on by GET, so that a reload repeats nothing.

use crate::authorization::fields::{
    self, Field, detail_of, name_of, with_custom_of, without_custom,
};
use crate::page::{Frame, html, initial, notice, see_other, to_login};
use crate::pages::Pages;
use crate::phone::around;
use crate::telephone::tel_address;
use crate::time::china_time;
use crate::visit::{Form, UserVisit, Visit, unavailable};
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
use kaipiao_domain::authorization::authorization_request::PageType;
use kaipiao_domain::authorization::page_fields::FieldProblem;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::{ChoiceRefused, UserChoice};
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::title::{InvoiceTitle, TitleSide};
use kaipiao_domain::people::user::{BookEntry, User};
use kaipiao_wire::authorization::s02_auth_url::{Return, return_after};

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
    page_type: PageType,
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
            page_type: request.page_type,
        }
    }

    fn is_to_collect(&self) -> bool {
        self.page_type == PageType::Collect
    }

    /// What the page is for, as its heading and its button.
    fn purpose(&self, frame: &Frame) -> String {
        match self.page_type {
            PageType::Apply | PageType::FillTitle => frame.t("申请开票", "Apply for invoice"),
            PageType::Collect => frame.t("领取发票", "Collect invoice"),
        }
        .to_owned()
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
    answered_at: String,
    /// The name of the invoice that can be looked at; empty: there is none.
    invoice_name: String,
    /// Where the user goes from here; empty: the page stays.
    back: String,
    /// The address that the sandbox's phone plays in its place; empty: none.
    played: String,
    /// The result object that a mini program reads; empty: none.
    result: String,
}

/// What an answered order's page says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    /// The user has said no just now.
    Declined,
    /// The user has said yes just now.
    Sent,
    /// The invoice is asked for, or being issued.
    Underway,
    Failed,
    Issued,
    TakenBack,
}

impl News {
    fn of(progress: &InvoiceProgress, is_fresh: bool) -> Self {
        match progress {
            InvoiceProgress::Awaited if is_fresh => Self::Sent,
            InvoiceProgress::Awaited | InvoiceProgress::Underway => Self::Underway,
            InvoiceProgress::Failed => Self::Failed,
            InvoiceProgress::Issued { is_taken_back: true, .. } => Self::TakenBack,
            InvoiceProgress::Issued { .. } => Self::Issued,
        }
    }

    /// The class of the mark above the words.
    fn mark(self) -> &'static str {
        match self {
            Self::Sent | Self::Issued => "yes",
            Self::Declined | Self::TakenBack => "no",
            Self::Underway => "wait",
            Self::Failed => "stop",
        }
    }
}

impl Answered<'_> {
    /// Where the order stands, as the window's title.
    fn state(&self) -> &str {
        let (zh, en) = match self.news {
            News::Declined if self.facts.is_to_collect() => ("已取消领取", "Not collected"),
            News::Declined => ("已取消开票", "No invoice"),
            News::Sent => ("已授权", "Authorized"),
            News::Underway => ("开票中", "Invoice on its way"),
            News::Failed => ("开票失败", "Not issued"),
            News::Issued => ("发票已开具", "Invoice issued"),
            News::TakenBack => ("发票已冲红", "Invoice cancelled"),
        };
        self.frame.t(zh, en)
    }
}

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed<'a> {
    frame: &'a Frame,
    facts: OrderFacts,
    why: ClosedBecause,
    reason: Option<RejectionReason>,
}

impl Closed<'_> {
    /// Where the order stands, as the window's title.
    fn state(&self) -> &str {
        match self.why {
            ClosedBecause::Another => {
                self.frame.t("已由其他用户授权", "Authorized by another user")
            }
            ClosedBecause::Rejected => self.frame.t("商家已拒绝开票", "Rejected"),
            ClosedBecause::Expired => self.frame.t("链接已过期", "Link expired"),
            ClosedBecause::Refunded => self.frame.t("已退款", "Refunded"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ClosedBecause {
    Another,
    Rejected,
    Expired,
    Refunded,
}

/// `GET` and `POST` of an auth_url.
pub(crate) async fn page(State(pages): State<Pages>, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    let visit = Visit::of(request);
    // A link that was changed is said to be so before anybody is asked who they are.
    let (link, is_done) = (visit.address(), visit.parameter("done") == "1");
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
    let back = way_back(&page, is_done);
    let frame = match around::authorization_page(&pages, frame, &user, &page.request, back).await {
        Ok(frame) => frame,
        Err(response) => return response,
    };
    if !is_post {
        return shown(&frame, page, is_done);
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

/// Where the user goes who has answered; None: they have not, or may answer again.
fn way_back(page: &AuthPage, is_done: bool) -> Option<Return> {
    match page.status {
        PageStatus::Authorized { .. } => Some(return_after(&page.request, true)),
        PageStatus::Declined if is_done => Some(return_after(&page.request, false)),
        _ => None,
    }
}

/// The page as a GET shows it.
fn shown(frame: &Frame, page: AuthPage, is_done: bool) -> Response {
    let facts = OrderFacts::of(&page);
    let back = way_back(&page, is_done).unwrap_or(Return::Stay);
    let (why, reason) = match page.status.clone() {
        PageStatus::Authorized { at } => {
            let news = News::of(&page.progress, is_done);
            return answered(frame, facts, news, Some(at), page.progress, back);
        }
        PageStatus::Declined if is_done => {
            return answered(frame, facts, News::Declined, None, page.progress, back);
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
    html(status, &Closed { frame, facts, why, reason })
}

fn answered(
    frame: &Frame,
    facts: OrderFacts,
    news: News,
    at: Option<Timestamp>,
    progress: InvoiceProgress,
    back: Return,
) -> Response {
    let (back, result) = match back {
        Return::Address(address) => (address, String::new()),
        Return::Stay => (String::new(), String::new()),
        result @ Return::Result { .. } => {
            // Within a script element only `<` could end what it must not.
            let result = kaipiao_wire::answer::bare(&result).replace('<', "\\u003c");
            (String::new(), result)
        }
    };
    // No app of the sandbox's phone hears what an address of its own scheme says: the phone plays it.
    let (back, played) = match &frame.phone {
        Some(phone) => (phone.back.clone(), Some(back).filter(|link| !link.starts_with("http"))),
        None => (back, None),
    };
    let invoice_name = match progress {
        InvoiceProgress::Issued { name, .. } => name,
        InvoiceProgress::Awaited | InvoiceProgress::Underway | InvoiceProgress::Failed => {
            String::new()
        }
    };
    let page = Answered {
        frame,
        facts,
        news,
        answered_at: at.map(|at| china_time(at.unix_seconds())).unwrap_or_default(),
        invoice_name,
        back,
        played: played.unwrap_or_default(),
        result,
    };
    html(StatusCode::OK, &page)
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
    let shown_mark = shown_mark(&page.request);
    Authorize { frame, facts: OrderFacts::of(page), was_declined, shown_mark, trouble, title }
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
