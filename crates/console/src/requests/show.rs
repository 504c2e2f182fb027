//! One request, with what was sent and what was answered.

use crate::console::Console;
use crate::errors::address::error_address;
use crate::errors::list::in_language;
use crate::frame::{Frame, html};
use crate::orders::merchants::Merchants;
use crate::parts::{Cell, Facts};
use crate::requests::address::PATH;
use crate::requests::words::{answer_mark, unproved};
use crate::seat::{Named, Seat};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::requests;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::request_log::{LoggedBody, LoggedRequest};

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    request: &'a LoggedRequest,
    facts: Facts<'a>,
    /// What its code means, and what an integrator does about it; None: it was not refused.
    advice: Option<[&'static str; 2]>,
    /// What each is called, its length and its text; None: it is no text.
    bodies: [(&'static str, String, Option<String>); 2],
}

/// `GET /console/requests/{rid}?id=`: the one at that place of the log; without a place the newest of the rid.
pub(crate) async fn show(
    State(console): State<Console>,
    Named(rid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let found = match seat.query.get("id").parse() {
        Ok(id) => requests::at(&console.app, id).await,
        Err(_) => requests::find(&console.app, &rid).await,
    };
    let found = found.map_err(|failure| seat.failed(&failure))?.filter(|found| found.rid == rid);
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
        advice: code(&request).map(|code| {
            let guide = code.guide();
            [guide.meaning, guide.integrator].map(|text| in_language(frame, text))
        }),
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

/// The code that it was refused with; None: it was not, or with none of this server's.
fn code(request: &LoggedRequest) -> Option<ErrorCode> {
    request.errcode.parse().ok().filter(|number| *number != 0).and_then(ErrorCode::from_number)
}

fn facts<'a>(frame: &'a Frame, request: &LoggedRequest, merchants: &Merchants) -> Facts<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let (answer, tone) = answer_mark(request);
    let mut answered = Cell::mark(answer, tone).below(format!("HTTP {}", request.status));
    if let Some(code) = code(request) {
        answered = answered.link(error_address(code.number()));
    }
    let mut rows = vec![
        (t("结果", "Answer"), answered),
        ("rid", Cell::code(&request.rid)),
        (t("时间", "Time"), Cell::text(words::moment(request.real_ms))),
        (t("业务时钟", "Server's clock"), Cell::text(words::moment(request.domain_ms))),
        (t("耗时", "Took"), Cell::text(words::took(request.took_us))),
        (t("账号", "Account"), Cell::code(&request.account).below(unproved(frame, request))),
        (t("来自", "From"), Cell::code(&request.client)),
        (t("地址", "Address"), Cell::code(&request.target)),
    ];
    for order_id in &request.order_ids {
        rows.push((t("订单号", "Order"), merchants.order_of(request, order_id)));
    }
    Facts { rows }
}
