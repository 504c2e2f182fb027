//! What people have: `/admin/v1/users/{id}/…`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::openapi::title_sides::TitleSides;
use crate::paging::{Page, after, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::listing::{Damaged, Listing, readable};
use kaipiao_app::people::{messages, titles, users};
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_wire::answer::bare;
use kaipiao_wire::people::title::TitleJson;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a user's service messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessagesJson {
    messages: Vec<MessageJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MessageJson {
    appid: String,
    order_id: String,
    /// Unix seconds.
    time: i64,
    /// `rejected`, `issued`, `failed`, `taken_back`, `written_off`, `payment_to_confirm` or `paid`.
    event: &'static str,
    /// The merchant's, of a rejection; otherwise empty.
    reason: String,
    /// The merchant's, of a rejection; otherwise empty.
    url: String,
    /// The invoice that it is about; left out: it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    fpqqlsh: Option<String>,
    /// What confirms the payment that waits; left out: it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    prepay_id: Option<String>,
}

impl From<Message> for MessageJson {
    fn from(message: Message) -> Self {
        let mut json = Self {
            appid: message.merchant.to_string(),
            order_id: message.order_id.to_string(),
            time: message.sent_at.unix_seconds(),
            event: "",
            reason: String::new(),
            url: String::new(),
            fpqqlsh: None,
            prepay_id: None,
        };
        json.event = match message.event {
            MessageEvent::Rejected { reason, url } => {
                (json.reason, json.url) = (reason, url);
                "rejected"
            }
            MessageEvent::Issued(serial) => {
                json.fpqqlsh = Some(serial.to_string());
                "issued"
            }
            MessageEvent::TakenBack(serial) => {
                json.fpqqlsh = Some(serial.to_string());
                "taken_back"
            }
            MessageEvent::WrittenOff { serial, .. } => {
                json.fpqqlsh = Some(serial.to_string());
                "written_off"
            }
            MessageEvent::PaymentToConfirm { prepay_id, .. } => {
                json.prepay_id = Some(prepay_id);
                "payment_to_confirm"
            }
            MessageEvent::Failed => "failed",
            MessageEvent::Paid { .. } => "paid",
        };
        json
    }
}

impl From<Listing<Message>> for MessagesJson {
    fn from(Listing { items, damaged, next }: Listing<Message>) -> Self {
        let messages = items.into_iter().map(MessageJson::from).collect();
        Self { messages, damaged: DamagedJson::all(damaged), next }
    }
}

#[derive(Serialize, ToSchema)]
struct TitlesJson<'a> {
    titles: Vec<BookEntryJson<'a>>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct BookEntryJson<'a> {
    id: &'a str,
    /// Whether pages fill it in by themselves because the user said so.
    is_default: bool,
    #[serde(flatten)]
    #[schema(value_type = TitleSides)]
    title: TitleJson<'a>,
}

impl<'a> BookEntryJson<'a> {
    fn new(entry: &'a BookEntry, default_title: Option<&String>) -> Self {
        let is_default = default_title == Some(&entry.id);
        Self { id: &entry.id, is_default, title: TitleJson(&entry.title) }
    }
}

/// `GET /admin/v1/users/{id}/messages?after=&limit=`: a user's service messages, newest first.
#[utoipa::path(
    get,
    path = "/admin/v1/users/{id}/messages",
    tag = "admin",
    operation_id = "listMessages",
    params(
        ("id" = String, Path, description = "The user."),
        Page,
    ),
    responses(
        (status = 200, description = "Newest first.", body = MessagesJson),
        (status = 404, description = "No such user.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_messages(
    _: Operator,
    State(server): State<Server>,
    PathName(id): PathName,
    uri: Uri,
) -> Response {
    let found = async {
        let query = query_object(&uri)?;
        let (after, limit) = (after(&query)?, page_size(&query)?);
        let Some(Found { id, damaged, .. }) = find(&server, &id).await? else { return Ok(None) };
        let mut listing = messages::list(&server.app, &id, after.as_deref(), limit).await?;
        listing.damaged.extend(damaged);
        Ok(Some(listing))
    };
    match found.await {
        Ok(Some(listing)) => json(StatusCode::OK, bare(&MessagesJson::from(listing))),
        Ok(None) => unknown(),
        Err(failure) => failed(failure),
    }
}

/// `GET /admin/v1/users/{id}/titles?after=&limit=`: a user's title book, as it was filled.
#[utoipa::path(
    get,
    path = "/admin/v1/users/{id}/titles",
    tag = "admin",
    operation_id = "listTitles",
    params(
        ("id" = String, Path, description = "The user."),
        Page,
    ),
    responses(
        (status = 200, description = "As they were added.", body = TitlesJson),
        (status = 404, description = "No such user.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_titles(
    _: Operator,
    State(server): State<Server>,
    PathName(id): PathName,
    uri: Uri,
) -> Response {
    let found = async {
        let query = query_object(&uri)?;
        let (after, limit) = (after(&query)?, page_size(&query)?);
        let Some(Found { id, user, damaged }) = find(&server, &id).await? else { return Ok(None) };
        let mut book = titles::list(&server.app, &id, after.as_deref(), limit).await?;
        book.damaged.extend(damaged);
        let default = user.and_then(|user| user.default_title);
        let to_json = |entry| BookEntryJson::new(entry, default.as_ref());
        let titles = book.items.iter().map(to_json).collect();
        let damaged = DamagedJson::all(book.damaged);
        Ok(Some(bare(&TitlesJson { titles, damaged, next: book.next })))
    };
    match found.await {
        Ok(Some(text)) => json(StatusCode::OK, text),
        Ok(None) => unknown(),
        Err(failure) => failed(failure),
    }
}

/// A user who is known, though perhaps by a damaged record only.
struct Found {
    id: UserId,
    user: Option<User>,
    damaged: Vec<Damaged>,
}

async fn find(server: &Server, id: &str) -> Result<Option<Found>, Failure> {
    let Some(id) = UserId::parse(id) else { return Ok(None) };
    let mut damaged = Vec::new();
    let user = readable(users::find(&server.app, &id).await, &mut damaged)?;
    let is_known = user.is_some() || !damaged.is_empty();
    Ok(is_known.then_some(Found { id, user, damaged }))
}

fn unknown() -> Response {
    refuse(StatusCode::NOT_FOUND, "no user has this id")
}
