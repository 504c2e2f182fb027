//! One request, with what was sent and what was answered.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::orders::merchants::Merchants;
use crate::parts::{Cell, Facts};
use crate::requests::address::PATH;
use crate::requests::words::answer_mark;
use crate::seat::{Named, Seat};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::requests;
use kaipiao_ports::request_log::{LoggedBody, LoggedRequest};

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    request: &'a LoggedRequest,
    facts: Facts<'a>,
    /// What each is called, its length and its text; None: it is no text.
    bodies: [(&'static str, String, Option<String>); 2],
}

/// `GET /console/requests/{rid}`
pub(crate) async fn show(
    State(console): State<Console>,
    Named(rid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let found = requests::find(&console.app, &rid).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let request = found.ok_or_else(|| frame.not_found())?;
    let is_seen = requests::is_seen_by(&console.app, &request, &seat.role).await;
    if !is_seen.map_err(|failure| seat.failed(&failure))? {
        return Err(frame.not_found());
    }
    let merchants = Merchants::of(&console, &seat, vec![&*request.account]).await?;
    let length = |body: &LoggedBody| words::length(body.whole_bytes);
    let text = |body: &LoggedBody| body.text.as_deref().map(words::readable);
    let page = RequestPage {
        frame,
        path: PATH,
        facts: facts(frame, &request, &merchants),
        bodies: [
            (
                frame.lang.t("请求内容", "Request body"),
                length(&request.request),
                text(&request.request),
            ),
            (
                frame.lang.t("应答内容", "Answer body"),
                length(&request.answer),
                text(&request.answer),
            ),
        ],
        request: &request,
    };
    Ok(html(StatusCode::OK, &page))
}

fn facts<'a>(frame: &'a Frame, request: &LoggedRequest, merchants: &Merchants) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let (answer, tone) = answer_mark(request);
    let mut answered = Cell::mark(answer, tone).below(format!("HTTP {}", request.status));
    if request.errcode.parse::<i32>().is_ok_and(|code| code != 0) {
        answered = answered.link(format!("/errors/rid/{}", request.rid));
    }
    let mut rows = vec![
        (t("结果", "Answer"), answered),
        ("rid", Cell::code(&request.rid)),
        (t("时间", "Time"), Cell::text(words::moment(request.real_ms))),
        (t("业务时钟", "Server's clock"), Cell::text(words::moment(request.domain_ms))),
        (t("耗时", "Took"), Cell::text(words::took(request.took_us))),
        (t("账号", "Account"), Cell::code(&request.account)),
        (t("来自", "From"), Cell::code(&request.client)),
        (t("地址", "Address"), Cell::code(&request.target)),
    ];
    for order_id in &request.order_ids {
        rows.push((t("订单号", "Order"), merchants.order(&request.account, order_id)));
    }
    Facts { rows }
}
