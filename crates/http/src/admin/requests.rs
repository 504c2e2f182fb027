//! What was asked and answered: `/admin/v1/requests`.

use crate::admin::error::{failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::query_object;
use crate::paging::page_size;
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

#[derive(Serialize)]
struct RequestsJson {
    requests: Vec<RequestHead>,
    /// Where the next page begins; null: this is the last.
    next: Option<String>,
    /// Requests that were left out since the server's start, since they came faster than they are written.
    dropped: u64,
}

/// `GET /admin/v1/requests`: newest first, without bodies.
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
    })
}
