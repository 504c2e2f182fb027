//! The user's own pages: the title book.

use crate::authorization::fields::{self, Field, detail_of, name_of};
use crate::page::{Frame, Notice, html, local, notice, see_other};
use crate::pages::Pages;
use crate::visit::{UserVisit, Visit, unavailable};
use crate::wrong_call::PathNames;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use kaipiao_app::people::titles;
use kaipiao_app::people::titles::BookError;
use kaipiao_domain::authorization::page_fields::{FieldProblem, PageFields};
use kaipiao_domain::people::title::{InvoiceTitle, TitleSide};

#[derive(Template)]
#[template(path = "titles.html")]
struct Titles<'a> {
    frame: &'a Frame,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    id: &'a str,
    name: &'a str,
    detail: &'a str,
    is_company: bool,
    is_default: bool,
}

#[derive(Template)]
#[template(path = "title.html")]
struct Title<'a> {
    frame: &'a Frame,
    is_new: bool,
    side: TitleSide,
    fields: Vec<Field>,
    /// Where the user goes from here: the page that they came from, or their titles.
    next: &'a str,
}

/// `GET /me/titles`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let book = match titles::title_book(&pages.app, &user).await {
        Ok(book) => book,
        Err(failure) => return unavailable(&frame, &failure),
    };
    let rows = book.iter().enumerate().map(|(index, entry)| Row {
        id: &entry.id,
        name: name_of(&entry.title),
        detail: detail_of(&entry.title),
        is_company: entry.title.side() == TitleSide::Company,
        is_default: index == 0,
    });
    html(StatusCode::OK, &Titles { frame: &frame, rows: rows.collect() })
}

/// `GET` and `POST /me/titles/new?kind=&next=`
pub(crate) async fn new(State(pages): State<Pages>, request: Request) -> Response {
    edit_or_add(pages, request, None).await
}

/// `GET` and `POST /me/titles/{id}`
pub(crate) async fn edit(
    State(pages): State<Pages>,
    PathNames(id): PathNames<String>,
    request: Request,
) -> Response {
    edit_or_add(pages, request, Some(id)).await
}

async fn edit_or_add(pages: Pages, request: Request, id: Option<String>) -> Response {
    let is_post = request.method() == Method::POST;
    let visit = Visit::of(request);
    let is_personal = visit.parameter("kind") == TitleSide::Personal.name();
    let next = visit.parameter("next");
    let next = local(&next);
    let UserVisit { user, frame, form } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let book = match titles::title_book(&pages.app, &user).await {
        Ok(book) => book,
        Err(failure) => return unavailable(&frame, &failure),
    };
    let old = book.into_iter().find(|entry| Some(&entry.id) == id.as_ref());
    if id.is_some() && old.is_none() {
        return gone(&frame);
    }
    let side = match &old {
        Some(entry) => entry.title.side(),
        None if is_personal => TitleSide::Personal,
        None => TitleSide::Company,
    };
    let shown = |title: &InvoiceTitle, problems: &[FieldProblem]| {
        let fields = fields::of_side(frame.lang, &PageFields::of_a_title_book(), title, problems);
        let status =
            if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        html(status, &Title { frame: &frame, is_new: id.is_none(), side, fields, next })
    };
    if !is_post {
        return shown(&old.map_or_else(|| InvoiceTitle::new(side), |entry| entry.title), &[]);
    }
    let typed = fields::read(&form, &PageFields::of_a_title_book(), side);
    match titles::save(&pages.app, &user.id, id.as_deref(), typed.clone()).await {
        Ok(_) => see_other(next),
        Err(BookError::Problems(problems)) => shown(&typed, &problems),
        Err(BookError::Gone) => gone(&frame),
        Err(BookError::Full) => full(&frame),
        Err(BookError::Failed(failure)) => unavailable(&frame, &failure),
    }
}

/// `GET /me/titles/{id}/{what}`: who came here by way of the login goes back to the book.
pub(crate) async fn back() -> Response {
    see_other("/me/titles")
}

/// `POST /me/titles/{id}/{delete|default}`
pub(crate) async fn change(
    State(pages): State<Pages>,
    PathNames((id, what)): PathNames<(String, String)>,
    request: Request,
) -> Response {
    let UserVisit { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    let changed = match what.as_str() {
        "delete" => titles::remove(&pages.app, &user.id, &id).await,
        "default" => titles::prefer(&pages.app, &user.id, &id).await,
        _ => return gone(&frame),
    };
    match changed {
        Ok(()) => see_other("/me/titles"),
        Err(failure) => unavailable(&frame, &failure),
    }
}

/// There is no such title in the book.
pub(super) fn gone(frame: &Frame) -> Response {
    notice(
        frame,
        StatusCode::NOT_FOUND,
        ("抬头不存在", "Title not found"),
        ("它可能已被删除。", "It may have been deleted."),
    )
}

/// The book takes no more titles.
pub(super) fn full(frame: &Frame) -> Response {
    Notice::new(
        ("抬头已满", "Your titles are full"),
        (
            "最多保存 100 个抬头，请先删除不用的。",
            "You can save up to 100 titles. Delete one you no longer need.",
        ),
    )
    .with_link("/me/titles", ("查看我的抬头", "See my titles"))
    .page(frame, StatusCode::CONFLICT)
}
