//! What was asked and answered: `/admin/v1/requests`.

use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::{Page, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::requests;
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::request_log::RequestQuery;
use kaipiao_wire::answer::bare;
use kaipiao_wire::logged_request::RequestHead;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct RequestsJson {
    #[schema(value_type = Vec<RequestHeadJson>)]
    requests: Vec<RequestHead>,
    /// Where the next page begins; null: this is the last.
    next: Option<String>,
    /// Requests that were left out since the server's start, since they came faster than they are written.
    dropped: u64,
}

/// A request in a listing.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "`wire` writes it, and knows nothing of documents; this says what there is"
)]
struct RequestHeadJson {
    /// Its place in the log, growing with time.
    id: String,
    rid: String,
    /// When it came, in unix milliseconds of real time.
    at_ms: i64,
    /// The same by the server's clock, which a sandbox moves.
    clock_ms: i64,
    /// How long its answer took, in microseconds.
    took_us: u64,
    /// The account's appid, or the pay merchant's mchid; empty: nobody's.
    appid: String,
    /// Whether the request has proved that it is the account's, by a token; otherwise it only names the account.
    proved: bool,
    method: String,
    /// Empty: there is none at this path.
    route: String,
    /// Path and query, secrets masked.
    path: String,
    /// Whom it is from; empty: not known.
    client: String,
    /// The answer's HTTP status; 0: it was not sent, since a fault of the sandbox ended the connection.
    status: u16,
    /// The answer's code; empty: it has none.
    errcode: String,
    /// The orders that it names.
    order_ids: Vec<String>,
    /// How long its body was, in bytes.
    request_bytes: u64,
    /// How long the answer's was.
    answer_bytes: u64,
}

/// What a refusal compared.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "`wire` writes it, and knows nothing of documents; this says what there is"
)]
struct ComparedBody {
    name: String,
    expected: String,
    came: String,
    differs: bool,
}

/// A request with its bodies.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "`wire` writes it, and knows nothing of documents; this says what there is"
)]
pub(crate) struct RequestDetailJson {
    #[schema(inline)]
    #[serde(flatten)]
    head: RequestHeadJson,
    /// What the refusal compared; empty: nothing.
    compared: Vec<ComparedBody>,
    /// The beginning of its body, secrets masked; null: it is no text.
    request_body: Option<String>,
    /// The same of the answer's.
    answer_body: Option<String>,
}

/// `GET /admin/v1/requests`: newest first, without bodies.
#[utoipa::path(
    get,
    path = "/admin/v1/requests",
    tag = "admin",
    operation_id = "listRequests",
    params(
        ("appid" = Option<String>, Query, description = "The account that called, or the pay merchant's mchid."),
        ("route" = Option<String>, Query, description = "The route, as `/card/invoice/getauthurl`."),
        ("errcode" = Option<String>, Query, description = "The answer's code."),
        ("rid" = Option<String>, Query, description = "The request id."),
        ("order_id" = Option<String>, Query, description = "An order that it names."),
        ("from_ms" = Option<i64>, Query, description = "Not before, in unix milliseconds of real time."),
        ("to_ms" = Option<i64>, Query, description = "Not after."),
        Page,
    ),
    responses(
        (status = 200, description = "Newest first, without bodies.", body = RequestsJson),
        (status = 404, description = "No requests are logged.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_requests(
    _: Operator,
    State(server): State<Server>,
    request: Request,
) -> Response {
    let Some(log) = requests::log(&server.app) else { return off() };
    let dropped = log.dropped();
    let asked = query_object(request.uri()).and_then(|object| read_query(&object));
    let query = match asked {
        Ok(query) => query,
        Err(refusal) => return refuse(StatusCode::BAD_REQUEST, &refusal.to_string()),
    };
    match requests::list(&server.app, &query).await {
        Ok(page) => {
            let requests = page.requests.into_iter().map(requests::head).collect();
            let next = page.next.map(|id| id.to_string());
            json(StatusCode::OK, bare(&RequestsJson { requests, next, dropped }))
        }
        Err(failure) => failed(failure),
    }
}

/// `GET /admin/v1/requests/{rid}`: the newest of that rid, with its bodies.
#[utoipa::path(
    get,
    path = "/admin/v1/requests/{rid}",
    tag = "admin",
    operation_id = "getRequest",
    params(
        ("rid" = String, Path, description = "The request id."),
    ),
    responses(
        (status = 200, description = "The newest of this rid, with its bodies.", body = RequestDetailJson),
        (status = 404, description = "No such request.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn get_request(
    _: Operator,
    State(server): State<Server>,
    PathName(rid): PathName,
) -> Response {
    if requests::log(&server.app).is_none() {
        return off();
    }
    match requests::find(&server.app, &rid).await {
        Ok(Some(request)) => json(StatusCode::OK, bare(&requests::detail(request))),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no request in this node's log has this rid"),
        Err(failure) => failed(failure),
    }
}

fn off() -> Response {
    let error = "this server logs no requests: request_log.on is false, or its log says why the file cannot be opened";
    refuse(StatusCode::NOT_FOUND, error)
}

fn read_query(object: &Object) -> Result<RequestQuery, Refusal> {
    let optional = |name: &str| -> Result<Option<String>, Refusal> {
        Ok(Some(object.text(name)?.into_owned()).filter(|text| !text.is_empty()))
    };
    let before = optional("after")?.map(|text| {
        let problem = format!("must be the next of the page before, not {}", text::quoted(&text));
        text.parse().map_err(|_| Refusal::invalid("after", problem))
    });
    Ok(RequestQuery {
        accounts: optional("appid")?.map(|account| vec![account]),
        route: optional("route")?,
        errcode: optional("errcode")?,
        rid: optional("rid")?,
        order_id: optional("order_id")?,
        from_ms: object.integer("from_ms")?,
        to_ms: object.integer("to_ms")?,
        before: before.transpose()?,
        limit: page_size(object)?,
        ..RequestQuery::default()
    })
}
