//! Titles by link (wire_facts 1.3): one that an account offers, and one that a user picks for an account.

use crate::authorization::fields::{self, Field};
use crate::page::{Frame, Notice, html, initial, notice, see_other};
use crate::pages::Pages;
use crate::people::title_choice::TitleChoice;
use crate::people::titles::full;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use kaipiao_app::people::title_links::{self, LinkError};
use kaipiao_app::people::titles::{self, BookError};
use kaipiao_domain::authorization::page_fields::{FieldProblem, FieldRule, PageFields};
use kaipiao_domain::people::title::TitleSide;
use kaipiao_domain::people::title_link::OfferedTitle;
use kaipiao_wire::people::title_link::{ASK_KEY, OFFERED_KEY};

/// What the address says once the title was saved or handed over: reloading it does it no second time.
const DONE: &str = "done";

#[derive(Template)]
#[template(path = "offered_title.html")]
struct OfferedPage<'a> {
    frame: &'a Frame,
    account: &'a str,
    initial: String,
    /// Label and value of what is given.
    given: Vec<(String, String)>,
    out_title_id: &'a str,
    /// What the user fills.
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "asked_title.html")]
struct AskedPage<'a> {
    frame: &'a Frame,
    /// The account that asks, by its name here.
    account: &'a str,
    initial: String,
    /// What it calls itself; empty: nothing else.
    business: &'a str,
    rows: Vec<TitleChoice>,
}

/// `GET` and `POST /intp/invoice/usertitle`: with `biz_title_key=` an offered title, with `select_title_key=` a title to
/// pick.
pub(crate) async fn page(State(pages): State<Pages>, request: Request) -> Response {
    let is_post = request.method() == Method::POST;
    let visit = Visit::of(request);
    // What is read of the visit first: its body cannot be shared between threads.
    let (offered, asked) = (visit.parameter(OFFERED_KEY), visit.parameter(ASK_KEY));
    let is_done = !is_post && !visit.parameter(DONE).is_empty();
    let visit = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let answer = match (&*asked, is_done) {
        ("", true) => saved(&pages, &visit, &offered).await,
        ("", false) => take_over(&pages, &visit, &offered, is_post).await,
        (asked, true) => submitted(&pages, &visit, asked).await,
        (asked, false) => pick(&pages, &visit, asked).await,
    };
    answer.unwrap_or_else(|error| refused(&visit.frame, &error))
}

async fn take_over(
    pages: &Pages,
    UserVisit { user, frame, form }: &UserVisit,
    key: &str,
    is_post: bool,
) -> Result<Response, LinkError> {
    let (offered, account) = title_links::offered(&pages.app, key).await?;
    let asked = open_fields(&offered);
    let typed = fields::read(form, &asked, TitleSide::Company);
    let shown = |problems: &[FieldProblem]| {
        let page = OfferedPage {
            frame,
            account: &account,
            initial: initial(&account),
            given: fields::labelled(frame.lang, &offered.title),
            out_title_id: &offered.out_title_id,
            fields: fields::of_side(frame.lang, &asked, &typed, problems),
        };
        let status =
            if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        html(status, &page)
    };
    if !is_post {
        return Ok(shown(&[]));
    }
    let filled = offered.filled_with(&typed);
    Ok(match titles::save(&pages.app, &user.id, None, filled).await {
        Ok(_) => done(frame),
        Err(BookError::Problems(problems)) => shown(&problems),
        Err(BookError::Full | BookError::Gone) => full(frame),
        Err(BookError::Failed(failure)) => unavailable(frame, &failure),
    })
}

async fn pick(
    pages: &Pages,
    UserVisit { user, frame, form }: &UserVisit,
    key: &str,
) -> Result<Response, LinkError> {
    let (ask, account) = title_links::asked(&pages.app, key).await?;
    let book = titles::title_book(&pages.app, user).await?;
    if let Some(picked) = book.iter().find(|entry| Some(&*entry.id) == form.find("title")) {
        title_links::submit(&pages.app, &ask, &user.id, &picked.title).await?;
        return Ok(done(frame));
    }
    let page = AskedPage {
        frame,
        initial: initial(&account),
        business: if ask.business == account { "" } else { &ask.business },
        account: &account,
        rows: book.into_iter().map(TitleChoice::from).collect(),
    };
    Ok(html(StatusCode::OK, &page))
}

async fn saved(pages: &Pages, visit: &UserVisit, key: &str) -> Result<Response, LinkError> {
    title_links::offered(&pages.app, key).await?;
    let page = Notice::new(
        ("抬头已保存", "The title is saved"),
        ("开票时可一键填写。", "You can fill it in with one tap when you ask for an invoice."),
    );
    let page = page.of_yes().with_link("/me/titles", ("查看我的抬头", "See my titles"));
    Ok(page.page(&visit.frame, StatusCode::OK))
}

async fn submitted(pages: &Pages, visit: &UserVisit, key: &str) -> Result<Response, LinkError> {
    let (_, account) = title_links::asked(&pages.app, key).await?;
    let (zh, en) = (
        format!("{account}会按此抬头开票，可以关闭此页面。"),
        format!("{account} will put it on your invoice. You can close this page."),
    );
    let page = Notice::new(("抬头已提交", "Your title has been sent"), (&zh, &en)).of_yes();
    Ok(page.page(&visit.frame, StatusCode::OK))
}

/// What the user fills: nothing, or what the account has left empty.
fn open_fields(offered: &OfferedTitle) -> PageFields {
    let all = PageFields::of_a_title_book();
    let company = offered.title.values().fold(all.company, |fields, (field, given)| {
        let is_open = offered.is_for_user_to_fill && given.is_empty();
        if is_open { fields } else { fields.with(field, FieldRule::Hidden) }
    });
    PageFields { company, ..all }
}

/// Goes on to say that it is done, by GET.
fn done(frame: &Frame) -> Response {
    see_other(&format!("{}&{DONE}=1", frame.here))
}

fn refused(frame: &Frame, error: &LinkError) -> Response {
    let ask_again =
        ("请向商家重新获取链接或二维码。", "Ask the business for a new link or QR code.");
    match error {
        LinkError::Unknown => {
            let headline = ("链接无效", "This link doesn't work");
            notice(frame, StatusCode::NOT_FOUND, headline, ask_again)
        }
        LinkError::Over => {
            let headline = ("链接已过期", "This link has expired");
            notice(frame, StatusCode::GONE, headline, ask_again)
        }
        LinkError::TooOften => {
            let headline = ("提交过于频繁", "You have sent too many");
            let wait = ("请一分钟后再试。", "Wait a minute, then try again.");
            notice(frame, StatusCode::TOO_MANY_REQUESTS, headline, wait)
        }
        LinkError::Failed(failure) => unavailable(frame, failure),
    }
}
