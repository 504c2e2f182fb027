//! The requests of an order, as steps of its timeline: calls of the merchant and the platform, pages of the user.

use crate::frame::Frame;
use crate::orders::steps::{Step, icon};
use crate::parts::{Cell, Tone};
use crate::requests::address::request_address;
use crate::requests::words::{answer_mark, unproved};
use crate::words;
use kaipiao_pages::is_page;
use kaipiao_ports::request_log::{LoggedBody, LoggedRequest};

pub(crate) fn step<'a>(frame: &'a Frame, request: &LoggedRequest) -> Step<'a> {
    let t = |zh, en| frame.lang.t(zh, en);
    let (answer, tone) = answer_mark(request);
    let is_page = is_page(&request.route);
    let (icon, who) = match is_page {
        true => (icon::PAGE, t("用户", "User")),
        false => (icon::REQUEST, t("请求", "Call")),
    };
    let route = if request.route.is_empty() { &request.target } else { &request.route };
    let tone = if tone == Tone::Good { Tone::Quiet } else { tone };
    let title = match (is_page, &*request.method) {
        (true, "GET") => format!("{} {route}", t("打开页面", "opened")),
        (true, _) => format!("{} {route}", t("提交页面", "submitted")),
        (false, method) => format!("{method} {route}"),
    };
    let mut step = Step::new(request.domain_ms, 0, icon, tone)
        .titled(who, title)
        .fact(t("耗时", "Took"), Cell::text(words::took(request.took_us)))
        .fold(t("地址", "Address"), request.target.clone());
    step.mark = Some((answer, tone));
    if !request.account.is_empty() {
        step = step.fact(
            t("账号", "Account"),
            Cell::code(&request.account).below(unproved(frame, request)),
        );
    }
    for one in request.compared.iter().filter(|one| one.differs) {
        let words = format!("{} ≠ {}", one.came, one.expected);
        step.says.push_str(&format!("{}: {words}  ", one.name));
    }
    step = fold(frame, step, t("请求内容", "Request"), &request.request);
    // A page is for looking at, and its text is long.
    if !is_page {
        step = fold(frame, step, t("应答内容", "Answer"), &request.answer);
    }
    step.link(t("完整请求", "The whole request"), request_address(request))
}

fn fold<'a>(frame: &'a Frame, step: Step<'a>, name: &str, body: &LoggedBody) -> Step<'a> {
    let length = words::length(body.whole_bytes);
    match &body.text {
        Some(text) => step.fold(format!("{name} · {length}"), words::readable(text)),
        None if body.whole_bytes > 0 => {
            let words =
                frame.t("内容不是文本，只记录了长度。", "No text; only its length is kept.");
            step.fold(format!("{name} · {length}"), words)
        }
        None => step,
    }
}
