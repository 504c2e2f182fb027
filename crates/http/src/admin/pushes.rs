//! The operator's view of the pushes: `/admin/v1/pushes`, and where accounts receive them.

use crate::Server;
use crate::access::caller::Operator;
use crate::admin::accounts::{failed, page_size, refuse};
use crate::answer::json;
use crate::body::{Sent, query_object};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::delivery::callbacks::{CallbackError, CallbackSpec};
use kaipiao_app::delivery::pushes::PushReport;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::{Callback, Verdict};
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, Push, PushId, PushQuery, PushState, StateFilter,
};
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;

/// A callback as an operator may see it: without its secrets.
#[derive(Serialize)]
pub(crate) struct CallbackOut {
    url: String,
    mode: &'static str,
}

impl From<Callback> for CallbackOut {
    fn from(callback: Callback) -> Self {
        Self { url: callback.url, mode: callback.mode.name() }
    }
}

/// `PUT …/callback {"url","token","encoding_aes_key","mode"}`: 200 once the address is verified,
/// 409 with what came back when it is not. An empty url ends the account's pushes.
pub(crate) async fn put_callback(
    _: Operator,
    State(server): State<Server>,
    Path(appid): Path<String>,
    sent: Sent,
) -> Response {
    #[derive(Serialize)]
    struct Out {
        appid: String,
        callback: Option<CallbackOut>,
    }
    let Some(appid) = AppId::parse(&appid) else {
        return refuse(StatusCode::NOT_FOUND, "no account has this appid");
    };
    let spec = match sent.object().and_then(|object| read_callback(&object)) {
        Ok(spec) => spec,
        Err(refusal) => return failed(refusal.into()),
    };
    match server.app.set_callback(&appid, &spec).await {
        Ok(callback) => {
            let callback = Some(callback).filter(|callback| !callback.url.is_empty());
            let callback = callback.map(CallbackOut::from);
            json(StatusCode::OK, bare(&Out { appid: appid.to_string(), callback }))
        }
        Err(CallbackError::NotVerified(why)) => refuse(StatusCode::CONFLICT, &why),
        Err(CallbackError::Failed(Failure::Refused(refusal)))
            if refusal.code == ErrorCode::InvalidAppid =>
        {
            refuse(StatusCode::NOT_FOUND, &refusal.detail)
        }
        Err(CallbackError::Failed(failure)) => failed(failure),
    }
}

/// Only an url that is there and empty ends an account's pushes, not one that was forgotten.
fn read_callback(object: &Object) -> Result<CallbackSpec, Refusal> {
    if !object.has("url") {
        let problem = "is missing; an empty one ends the account's pushes";
        return Err(Refusal::invalid("url", problem));
    }
    Ok(CallbackSpec {
        url: object.text("url")?.into_owned(),
        token: object.text("token")?.into_owned(),
        encoding_aes_key: object.text("encoding_aes_key")?.into_owned(),
        mode: object.text("mode")?.into_owned(),
    })
}

#[derive(Serialize)]
struct PushOut {
    id: String,
    appid: String,
    order_id: String,
    openid: String,
    event: String,
    create_time: i64,
    /// When it was committed, in unix milliseconds; so are the two that follow.
    committed_ms: i64,
    /// When its next try is due; null unless it is ready.
    due_ms: Option<i64>,
    /// When it was settled; null while it is open.
    settled_ms: Option<i64>,
    /// Tries since it was committed or last replayed.
    tries: u32,
    /// What it is doing, or how it ended.
    state: &'static str,
    /// The same in words: since when, until when, behind what.
    says: String,
    body: String,
    attempts: Vec<AttemptOut>,
}

#[derive(Serialize)]
struct AttemptOut {
    /// Unix milliseconds.
    started_ms: i64,
    took_ms: i64,
    status: Option<u16>,
    problem: String,
    excerpt: String,
}

impl From<Attempt> for AttemptOut {
    fn from(attempt: Attempt) -> Self {
        let Attempt { started_ms, took_ms, status, problem, excerpt } = attempt;
        Self { started_ms, took_ms, status, problem, excerpt }
    }
}

impl PushOut {
    fn new(report: PushReport, now_ms: i64) -> Self {
        let PushReport { push, attempts, waits_behind } = report;
        let (state, says) = standing(&push, waits_behind.as_ref(), now_ms);
        let (due_ms, settled_ms) = match push.state {
            PushState::Waiting => (None, None),
            PushState::Ready { due_ms } => (Some(due_ms), None),
            PushState::Settled { at_ms, .. } => (None, Some(at_ms)),
        };
        Self {
            id: push.id.to_string(),
            appid: push.id.account,
            order_id: push.lane,
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
            attempts: attempts.into_iter().map(AttemptOut::from).collect(),
        }
    }
}

/// A push's state and its words.
fn standing(push: &Push, waits_behind: Option<&Push>, now_ms: i64) -> (&'static str, String) {
    let tries = push.tries + 1;
    match push.state {
        PushState::Waiting => match waits_behind {
            Some(first) => {
                let (_, says) = standing(first, None, now_ms);
                ("waiting", format!("waits behind {} of the same order, which {says}", first.id))
            }
            None => ("waiting", "waits for its turn".to_owned()),
        },
        PushState::Ready { .. } if let Some(since) = push.in_flight_for => {
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
        PushState::Settled { verdict, .. } => {
            let says = match verdict {
                Verdict::Delivered => "was answered with a success",
                Verdict::GaveUp => "failed at every try; POST …/replay sends it again",
                Verdict::Unroutable => {
                    "had no callback to go to; set one, then POST …/replay sends it"
                }
            };
            (verdict.name(), says.to_owned())
        }
    }
}

/// `GET /admin/v1/pushes?appid=&order_id=&state=&after=&limit=`: by account, newest first.
pub(crate) async fn list_pushes(
    _: Operator,
    State(server): State<Server>,
    request: Request,
) -> Response {
    #[derive(Serialize)]
    struct Out {
        pushes: Vec<PushOut>,
    }
    let query = match query_object(request.uri()).and_then(|object| read_query(&object)) {
        Ok(query) => query,
        Err(refusal) => return failed(refusal.into()),
    };
    match server.app.pushes(&query).await {
        Ok(reports) => {
            let now_ms = server.app.now().unix_millis();
            let pushes = reports.into_iter().map(|report| PushOut::new(report, now_ms)).collect();
            json(StatusCode::OK, bare(&Out { pushes }))
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
    Ok(PushQuery {
        account: optional("appid")?,
        lane: optional("order_id")?,
        state,
        after: after.transpose()?,
        limit: page_size(object)?,
    })
}

fn read_state(name: &str) -> Result<StateFilter, Refusal> {
    if name == "open" {
        return Ok(StateFilter::Open);
    }
    Verdict::from_name(name).map(StateFilter::Settled).ok_or_else(|| {
        let problem = "must be open, delivered, gave_up or unroutable, not";
        Refusal::invalid("state", format!("{problem} {}", text::quoted(name)))
    })
}

/// `POST /admin/v1/pushes/{id}/replay`: 200 once it is due again, 409 while it still is.
pub(crate) async fn replay_push(
    _: Operator,
    State(server): State<Server>,
    Path(id): Path<String>,
) -> Response {
    #[derive(Serialize)]
    struct Out {
        id: String,
        result: &'static str,
    }
    let unknown = || refuse(StatusCode::NOT_FOUND, "no push has this id");
    let Some(push) = PushId::parse(&id) else { return unknown() };
    match server.app.replay_push(push).await {
        Ok(Changed::Yes) => json(StatusCode::OK, bare(&Out { id, result: "replayed" })),
        Ok(Changed::No) => refuse(
            StatusCode::CONFLICT,
            "it is on its way still; GET /admin/v1/pushes says how far",
        ),
        Ok(Changed::NoSuchPush) => unknown(),
        Err(failure) => failed(failure),
    }
}
