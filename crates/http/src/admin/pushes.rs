//! Pushes, their attempts and their replay: `/admin/v1/pushes`.

use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::paging::{Page, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::delivery::push_pages::{self, PushPage};
use kaipiao_app::delivery::pushes::{self, ReplayPlace, Since};
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::delivery::outbox::{
    Attempt, ListedPush, PushId, PushQuery, PushState, Replayed, StateFilter,
};
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct PushJson {
    id: String,
    appid: String,
    /// Of a notice: the payment's `out_trade_no`.
    order_id: String,
    openid: String,
    event: String,
    create_time: i64,
    /// When it was committed, in unix milliseconds; so are the two that follow.
    committed_ms: i64,
    /// When its next try is due; null unless it is ready.
    due_ms: Option<i64>,
    /// When it was completed; null while it is open.
    settled_ms: Option<i64>,
    /// Tries since it was committed or last replayed.
    tries: u32,
    /// What it is doing, or how it ended.
    state: &'static str,
    /// The same in words: since when, until when, behind what.
    says: String,
    body: String,
    attempts: Vec<AttemptJson>,
}

#[derive(Serialize, ToSchema)]
struct AttemptJson {
    /// Unix milliseconds.
    started_ms: i64,
    took_ms: i64,
    status: Option<u16>,
    problem: String,
    excerpt: String,
}

impl From<Attempt> for AttemptJson {
    fn from(attempt: Attempt) -> Self {
        let Attempt { started_ms, took_ms, status, problem, excerpt } = attempt;
        Self { started_ms, took_ms, status, problem, excerpt }
    }
}

impl PushJson {
    pub(crate) fn new(listed: ListedPush, now_ms: i64) -> Self {
        let (state, says) = status_of(&listed, now_ms);
        let ListedPush { push, attempts, .. } = listed;
        let (due_ms, settled_ms) = match push.state {
            PushState::Waiting => (None, None),
            PushState::Ready { due_ms } => (Some(due_ms), None),
            PushState::Completed { at_ms, .. } => (None, Some(at_ms)),
        };
        Self {
            id: push.id.to_string(),
            order_id: pushes::order_id_of(&push).to_owned(),
            appid: push.id.account,
            openid: push.openid,
            event: push.event,
            create_time: push.create_time_s,
            committed_ms: push.committed_ms,
            due_ms,
            settled_ms,
            tries: push.tries,
            state,
            says,
            body: push.body.to_string(),
            attempts: attempts.into_iter().map(AttemptJson::from).collect(),
        }
    }
}

/// A push's state and its words.
fn status_of(listed: &ListedPush, now_ms: i64) -> (&'static str, String) {
    let push = &listed.push;
    let tries = push.tries + 1;
    match push.state {
        PushState::Waiting => match &listed.waits_behind {
            Some(first) => {
                let (_, says) = status_of(first, now_ms);
                let id = &first.push.id;
                ("waiting", format!("waits behind {id} of the same order, which {says}"))
            }
            None => ("waiting", "waits for its turn".to_owned()),
        },
        PushState::Ready { .. } if let Some(since) = listed.in_flight_for => {
            ("in_flight", format!("is being tried (try {tries}) for {} ms", since.as_millis()))
        }
        PushState::Ready { due_ms } => {
            let in_ms = due_ms.saturating_sub(now_ms);
            let says = if in_ms > 0 {
                format!("will be tried (try {tries}) in {in_ms} ms")
            } else {
                format!(
                    "is due (try {tries}) for {} ms, and waits for a free place: push.per_account of its account's, or push.at_once of all, are under way",
                    -in_ms
                )
            };
            ("ready", says)
        }
        PushState::Completed { outcome, .. } => {
            let says = match outcome {
                Outcome::Delivered => "was answered with a success",
                Outcome::GaveUp => "failed at every try; POST …/replay sends it again",
                Outcome::Unroutable => {
                    "had no callback to go to; set one, then POST …/replay sends it"
                }
            };
            (outcome.name(), says.to_owned())
        }
    }
}

#[derive(Serialize, ToSchema)]
struct PushesJson {
    pushes: Vec<PushJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/pushes?appid=&order_id=&state=&after=&limit=`: by receiver, newest first. An order's notices are the
/// pay merchant's.
#[utoipa::path(
    get,
    path = "/admin/v1/pushes",
    tag = "admin",
    operation_id = "listPushes",
    params(
        ("appid" = Option<String>, Query, description = "The receiving account; of payment notices the mchid."),
        ("order_id" = Option<String>, Query, description = "The order, or the payment's `out_trade_no`."),
        ("state" = Option<String>, Query, description = "Where it stands: open, delivered, gave_up, unroutable. A page of delivered ones may have few, or none, and a `next` all the same."),
        Page,
    ),
    responses(
        (status = 200, description = "By receiver, newest first.", body = PushesJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_pushes(
    _: Operator,
    State(server): State<Server>,
    request: Request,
) -> Response {
    let query = match query_object(request.uri()).and_then(|object| read_query(&object)) {
        Ok(query) => query,
        Err(refusal) => return failed(refusal.into()),
    };
    match push_pages::page(&server.app, &query).await {
        Ok(PushPage { pushes, next }) => {
            let now_ms = server.app.now().unix_millis();
            let next = next.map(|next| next.to_string());
            let pushes = pushes.into_iter().map(|listed| PushJson::new(listed, now_ms)).collect();
            json(StatusCode::OK, bare(&PushesJson { pushes, next }))
        }
        Err(failure) => failed(failure),
    }
}

fn read_query(object: &Object) -> Result<PushQuery, Refusal> {
    let optional = |name: &str| -> Result<Option<String>, Refusal> {
        Ok(Some(object.text(name)?.into_owned()).filter(|text| !text.is_empty()))
    };
    let state = optional("state")?.map(|name| read_state(&name)).transpose()?;
    let after = optional("after")?.map(|text| {
        let problem = format!("must be the id of a push, not {}", text::quoted(&text));
        PushId::parse(&text).ok_or_else(|| Refusal::invalid("after", problem))
    });
    let order_id = optional("order_id")?;
    Ok(PushQuery {
        account: optional("appid")?,
        ordering_keys: order_id.map(|id| pushes::ordering_keys_of(&id)).unwrap_or_default(),
        state,
        after: after.transpose()?,
        limit: page_size(object)?,
    })
}

fn read_state(name: &str) -> Result<StateFilter, Refusal> {
    if name == "open" {
        return Ok(StateFilter::Open);
    }
    Outcome::from_name(name).map(StateFilter::Completed).ok_or_else(|| {
        let problem = "must be open, delivered, gave_up or unroutable, not";
        Refusal::invalid("state", format!("{problem} {}", text::quoted(name)))
    })
}

#[derive(Serialize, ToSchema)]
struct ReplayJson {
    id: String,
    result: &'static str,
}

/// `POST /admin/v1/pushes/{id}/replay`: 200 once it is due again, 409 while it still is.
#[utoipa::path(
    post,
    path = "/admin/v1/pushes/{id}/replay",
    tag = "admin",
    operation_id = "replayPush",
    params(
        ("id" = String, Path, description = "The push."),
    ),
    responses(
        (status = 200, description = "It is due again.", body = ReplayJson),
        (status = 404, description = "No such push.", body = ErrorJson<'static>),
        (status = 409, description = "It is on its way still.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn replay_push(
    _: Operator,
    State(server): State<Server>,
    PathName(id): PathName,
) -> Response {
    let unknown = || refuse(StatusCode::NOT_FOUND, "no push has this id");
    let Some(push) = PushId::parse(&id) else { return unknown() };
    match pushes::replay(&server.app, &push).await {
        Ok(Replayed::Yes) => json(StatusCode::OK, bare(&ReplayJson { id, result: "replayed" })),
        Ok(Replayed::IsOpen) => refuse(
            StatusCode::CONFLICT,
            "it is on its way still; GET /admin/v1/pushes says how far",
        ),
        Ok(Replayed::NoSuchPush) => unknown(),
        Err(failure) => failed(failure),
    }
}

#[derive(Serialize, ToSchema)]
struct ReplayedJson {
    /// Pushes that are due again.
    replayed: u64,
    /// `after` of the call that follows; left out: that was all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// Which pushes are sent again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read member by member, and only described here")]
struct ReplayFailedBody {
    /// The receiving account, or a pay merchant's mchid; left out: all receivers.
    #[schema(nullable = false)]
    appid: Option<String>,
    /// Those that have failed since then (`settled_ms`), in unix milliseconds. One of this and `span_ms` is wanted.
    #[schema(nullable = false)]
    since_ms: Option<i64>,
    /// Those that have failed in the last so many milliseconds by the server's clock, before the first page was asked for.
    #[schema(nullable = false, minimum = 0)]
    span_ms: Option<i64>,
    /// A page looks at so many; 100 unless it is given.
    #[schema(nullable = false, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// `next` of the call before; left out: from the beginning on.
    #[schema(nullable = false)]
    after: Option<String>,
}

/// `POST /admin/v1/pushes/replay {"appid","since_ms" or "span_ms","limit","after"}`: sends an account's pushes again that have
/// failed since then, or without an appid everybody's, a page at a time.
#[utoipa::path(
    post,
    path = "/admin/v1/pushes/replay",
    tag = "admin",
    operation_id = "replayFailedPushes",
    request_body = ReplayFailedBody,
    responses(
        (status = 200, description = "So many are due again.", body = ReplayedJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn replay_failed_pushes(
    _: Operator,
    State(server): State<Server>,
    body: RequestBody,
) -> Response {
    let replayed = async {
        let object = body.object()?;
        let appid = object.text("appid")?;
        let account = Some(&*appid).filter(|appid| !appid.is_empty());
        let since = read_since(&object)?;
        let limit = page_size(&object)?;
        let place = match object.text("after")?.as_ref() {
            "" => ReplayPlace::beginning(&server.app),
            text => ReplayPlace::parse(text).ok_or_else(|| {
                let problem = "must be the next of the page before, not";
                Refusal::invalid("after", format!("{problem} {}", text::quoted(text)))
            })?,
        };
        pushes::replay_failed(&server.app, account, since, place, limit).await
    };
    match replayed.await {
        Ok(page) => {
            let next = page.next.map(|place| place.to_string());
            json(StatusCode::OK, bare(&ReplayedJson { replayed: page.replayed, next }))
        }
        Err(failure) => failed(failure),
    }
}

fn read_since(object: &Object) -> Result<Since, Refusal> {
    match (object.integer("since_ms")?, object.integer("span_ms")?) {
        (Some(_), Some(_)) => Err(Refusal::invalid("span_ms", "cannot be combined with since_ms")),
        (_, Some(..0)) => Err(Refusal::invalid("span_ms", "must be 0 or more")),
        (_, Some(span_ms)) => Ok(Since::Span { ms: span_ms }),
        (_, None) => Ok(Since::Moment { ms: object.required_integer("since_ms")? }),
    }
}
