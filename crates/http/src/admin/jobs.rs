//! Jobs that are still to be done or have failed: `/admin/v1/jobs`.

use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::delivery::jobs;
use kaipiao_app::listing::Listing;
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{Job, JobQuery, JobState};
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct JobJson {
    id: i64,
    /// "issue": an invoice request that is to be issued.
    queue: &'static str,
    appid: String,
    name: String,
    /// "due" or "failed".
    state: &'static str,
    /// When it is tried next, in unix milliseconds; null when it has failed.
    due_ms: Option<i64>,
    /// When it was set aside, in unix milliseconds; null while it is due.
    failed_ms: Option<i64>,
    /// Tries that failed.
    attempts: u32,
    /// Why the last one failed.
    last_error: String,
    /// What follows, in words.
    says: String,
}

impl JobJson {
    fn new(job: Job, now_ms: i64) -> Self {
        let says = what_follows(&job, now_ms);
        let (state, due_ms, failed_ms) = match job.state {
            JobState::Due { due_ms } => ("due", Some(due_ms), None),
            JobState::Failed { at_ms } => ("failed", None, Some(at_ms)),
        };
        Self {
            id: job.number,
            queue: job.id.queue.name(),
            appid: job.id.account,
            name: job.id.name,
            state,
            due_ms,
            failed_ms,
            attempts: job.attempts,
            last_error: job.last_error,
            says,
        }
    }
}

fn what_follows(job: &Job, now_ms: i64) -> String {
    let attempts = job.attempts;
    match job.state {
        JobState::Due { due_ms } if due_ms > now_ms => {
            format!("will be tried (try {}) in {} ms", attempts + 1, due_ms - now_ms)
        }
        JobState::Due { .. } => format!("is due (try {})", attempts + 1),
        JobState::Failed { .. } => {
            format!("was set aside after try {attempts}; POST …/run runs it again")
        }
    }
}

#[derive(Serialize, ToSchema)]
struct JobsJson {
    jobs: Vec<JobJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /admin/v1/jobs?queue=&appid=&state=&after=&limit=`: newest first.
#[utoipa::path(
    get,
    path = "/admin/v1/jobs",
    tag = "admin",
    operation_id = "listJobs",
    params(
        ("queue" = Option<String>, Query, pattern = "^(push|issue)?$", description = "What is to be done, such as `issue`."),
        ("appid" = Option<String>, Query, description = "The account."),
        ("state" = Option<String>, Query, pattern = "^(due|failed)?$", description = "Where it stands: due, failed."),
        Page,
    ),
    responses(
        (status = 200, description = "Newest first.", body = JobsJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_jobs(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let found = async {
        let query = read_query(&query_object(&uri)?)?;
        jobs::list(&server.app, &query).await
    };
    match found.await {
        Ok(Listing { items, next, .. }) => {
            let now_ms = server.app.now().unix_millis();
            let jobs = items.into_iter().map(|job| JobJson::new(job, now_ms)).collect();
            json(StatusCode::OK, bare(&JobsJson { jobs, next }))
        }
        Err(failure) => failed(failure),
    }
}

fn read_query(object: &Object) -> Result<JobQuery, Refusal> {
    let optional = |name: &str| -> Result<Option<String>, Refusal> {
        Ok(Some(object.text(name)?.into_owned()).filter(|text| !text.is_empty()))
    };
    let queue = optional("queue")?.map(|name| {
        let names = Queue::ALL.map(Queue::name).join(" or ");
        let problem = format!("must be {names}, not {}", text::quoted(&name));
        Queue::from_name(&name).ok_or_else(|| Refusal::invalid("queue", problem))
    });
    let failed = match optional("state")?.as_deref() {
        None => None,
        Some("failed") => Some(true),
        Some("due") => Some(false),
        Some(other) => {
            let problem = format!("must be due or failed, not {}", text::quoted(other));
            return Err(Refusal::invalid("state", problem));
        }
    };
    Ok(JobQuery {
        queue: queue.transpose()?,
        account: optional("appid")?,
        failed,
        after: object.integer("after")?,
        limit: page_size(object)?,
    })
}

#[derive(Serialize, ToSchema)]
struct RunJson {
    id: i64,
    result: &'static str,
}

/// `POST /admin/v1/jobs/{id}/run`: 200 once it is due again, 409 when it had not failed.
#[utoipa::path(
    post,
    path = "/admin/v1/jobs/{id}/run",
    tag = "admin",
    operation_id = "runJob",
    params(
        ("id" = String, Path, description = "The job."),
    ),
    responses(
        (status = 200, description = "It is due again.", body = RunJson),
        (status = 404, description = "No such job.", body = ErrorJson<'static>),
        (status = 409, description = "It has not failed, and is due as it is.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn run_job(
    _: Operator,
    State(server): State<Server>,
    PathName(id): PathName,
) -> Response {
    let unknown = || refuse(StatusCode::NOT_FOUND, "no job has this id");
    let Ok(id) = id.parse::<i64>() else { return unknown() };
    match jobs::run_again(&server.app, id).await {
        Ok(Some(true)) => json(StatusCode::OK, bare(&RunJson { id, result: "due" })),
        Ok(Some(false)) => refuse(StatusCode::CONFLICT, "it has not failed, and is due as it is"),
        Ok(None) => unknown(),
        Err(failure) => failed(failure),
    }
}
