//! The request log as people read it, and the names of requests.

use crate::access::sight;
use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_ports::request_log::{
    LoggedRequest, RequestLog, RequestLogError, RequestPage, RequestQuery, RequestTally,
};
use kaipiao_wire::answer;
use kaipiao_wire::logged_request::{ComparedJson, RequestDetail, RequestHead};
use std::sync::Arc;

/// A page of the newest requests, as they are asked for. A server that keeps no log has none.
pub async fn list(app: &App, query: &RequestQuery) -> Result<RequestPage, Failure> {
    match &app.request_log {
        Some(log) => log.page(query).await.map_err(away),
        None => Ok(RequestPage::default()),
    }
}

/// The request of that rid with its bodies; None: it is not, or no longer, in this node's log.
pub async fn find(app: &App, rid: &str) -> Result<Option<LoggedRequest>, Failure> {
    match &app.request_log {
        Some(log) => log.find(rid).await.map_err(away),
        None => Ok(None),
    }
}

/// The request at that place of this node's log with its bodies; None: it has gone. Rids come again where a seed draws them.
pub async fn at(app: &App, id: i64) -> Result<Option<LoggedRequest>, Failure> {
    match &app.request_log {
        Some(log) => log.at(id).await.map_err(away),
        None => Ok(None),
    }
}

/// What an account's own requests of the last day were answered with, as this node's log has them.
pub async fn tally_of_day(app: &App, account: &str) -> Result<RequestTally, Failure> {
    const DAY_MS: i64 = 86_400_000;
    match &app.request_log {
        Some(log) => log.tally(account, app.real_now().unix_millis() - DAY_MS).await.map_err(away),
        None => Ok(RequestTally::default()),
    }
}

/// Whether somebody may see a request: an operator every one, a developer those of whom they see, but not what the
/// operator did there; and what people did with an order of theirs, whatever account that names.
pub async fn is_seen_by(
    app: &App,
    request: &LoggedRequest,
    role: &ConsoleRole,
) -> Result<bool, Failure> {
    if is_hidden_from(request, role) {
        return Ok(false);
    }
    let has_order = || request.found_orders.iter().any(|order| role.sees(&order.merchant));
    Ok((!request.is_proved && has_order()) || sight::sees(app, role, &request.account).await?)
}

/// Whether a request is the operator's own, though it names an account: those who work for the account do not see it.
pub fn is_hidden_from(request: &LoggedRequest, role: &ConsoleRole) -> bool {
    let is_operators = ["/admin/", "/sandbox/"].iter().any(|own| request.target.starts_with(own));
    is_operators && !role.is_operator()
}

fn away(error: RequestLogError) -> Failure {
    Failure::Away(error.to_string())
}

/// This node's request log; None: it keeps none.
pub fn log(app: &App) -> Option<&Arc<dyn RequestLog>> {
    app.request_log.as_ref()
}

/// Lets go of the log's file: another server has it next.
pub async fn end(app: &App) {
    if let Some(log) = &app.request_log {
        log.end().await;
    }
}

/// A new request's id.
pub fn new_rid(app: &App) -> String {
    let bits = app.own_random().unwrap_or_else(|| app.rids.next());
    answer::rid(app.now().unix_seconds(), bits)
}

/// A request as a listing tells it.
pub fn head(request: LoggedRequest) -> RequestHead {
    RequestHead {
        id: request.id.to_string(),
        rid: request.rid,
        at_ms: request.real_ms,
        clock_ms: request.domain_ms,
        took_us: request.took_us,
        appid: request.account,
        is_proved: request.is_proved,
        method: request.method,
        route: request.route,
        path: request.target,
        client: request.client,
        status: request.status,
        errcode: request.errcode,
        order_ids: request.order_ids,
        request_bytes: request.request.whole_bytes,
        answer_bytes: request.answer.whole_bytes,
    }
}

/// All that is known of it.
pub fn detail(mut request: LoggedRequest) -> RequestDetail {
    let compared = core::mem::take(&mut request.compared);
    let request_body = request.request.text.take();
    let answer_body = request.answer.text.take();
    let compared = compared.into_iter().map(ComparedJson::from).collect();
    RequestDetail { head: head(request), compared, request_body, answer_body }
}
