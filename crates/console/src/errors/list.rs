//! Every error code, as the public reference has it.

use crate::errors::address::{PATH, RID_PATH, error_address};
use crate::frame::{Frame, html};
use crate::parts::{Cell, Flash, Pager, Table, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_errcode::ErrorCode;

#[derive(Template)]
#[template(path = "errors.html")]
struct Errors<'a> {
    frame: &'a Frame,
    rid_path: &'static str,
    /// The rid that was looked for in vain; empty: none was.
    rid: &'a str,
    flash: Option<Flash>,
    table: Table<'a>,
}

/// `GET /console/errors?rid=`: `rid` was looked for in vain.
pub(crate) async fn list(seat: Seat) -> Response {
    let frame = &seat.frame;
    let rid = seat.query.get("rid").trim();
    let missed = || {
        let words = frame.t(
            "没有此 rid 的请求，或你无权查看。请检查 rid 是否完整；请求日志只保留一段时间，每个节点只记录自己应答的请求。",
            "No request of this rid is here for you to see. Check that it is complete; the log keeps requests for some days, and each node has its own.",
        );
        Flash::new(Tone::Wait, words)
    };
    let row = |code: &ErrorCode| {
        vec![
            Cell::code(code.number().to_string()).link(error_address(code.number())),
            Cell::code(code.message()),
            Cell::text(in_language(frame, code.guide().meaning)),
        ]
    };
    let table = Table {
        frame,
        caption: frame.t("全部错误码", "All error codes"),
        heads: vec!["errcode", frame.t("官方文本", "Published text"), frame.t("含义", "Meaning")],
        rows: ErrorCode::ALL.iter().map(row).collect(),
        empty: (frame.t("没有错误码", "There are no codes"), ""),
        pager: Pager::of(PATH, None, None),
        damaged: Vec::new(),
    };
    let flash = (!rid.is_empty()).then(missed);
    html(StatusCode::OK, &Errors { frame, rid_path: RID_PATH, rid, flash, table })
}

/// A text of the guide in the page's language.
pub(crate) fn in_language(frame: &Frame, text: kaipiao_errcode::Text) -> &'static str {
    frame.lang.t(text.zh, text.en)
}
