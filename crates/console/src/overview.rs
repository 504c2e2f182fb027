//! The overview: what this process has done in the last hour, or day.

use crate::charts::{Chart, Ink, Line, short};
use crate::console::Console;
use crate::day;
use crate::frame::{Frame, html};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::metrics::history::{KEPT_MINUTES, Latencies, Minute};
use kaipiao_pages::{china_clock, china_moment};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    frame: &'a Frame,
    is_day: bool,
    tiles: Vec<Tile>,
    charts: Vec<Chart>,
    /// Whose numbers these are; empty: a server that is alone has no name.
    node: String,
    counts_since: String,
}

/// A number that is seen first.
struct Tile {
    name: &'static str,
    value: String,
    below: String,
}

/// Minutes that one value of a chart stands for.
const DAY_STEP: usize = 15;

/// `GET /console?span=hour|day`: an operator's; everybody else sees their accounts' last day.
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    if !seat.role.is_operator() {
        return day::show(&console, &seat).await;
    }
    let frame = &seat.frame;
    let is_day = seat.query.get("span") == "day";
    let (minutes, step) = if is_day { (KEPT_MINUTES, DAY_STEP) } else { (60, 1) };
    let app = &console.app;
    let minutes = app.metrics().history().last(app.real_now(), minutes);
    let steps: Vec<Step> = minutes.chunks(step).map(Step::of).collect();
    let sum = Step::of(&minutes);
    let page = Overview {
        frame,
        is_day,
        tiles: tiles(frame, &sum),
        charts: charts(frame, &steps, &sum),
        node: app.node().to_owned(),
        counts_since: china_moment(app.metrics().started().unix_seconds()),
    };
    Ok(html(StatusCode::OK, &page))
}

/// Several minutes as one.
#[derive(Default)]
struct Step {
    begins_unix_s: i64,
    requests: f64,
    refusals: f64,
    failures: f64,
    authorizations: f64,
    issued: f64,
    not_issued: f64,
    delivered: f64,
    given_up: f64,
    tries_failed: f64,
    unroutable: f64,
    /// Milliseconds, of all requests of these minutes.
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

impl Step {
    fn of(minutes: &[Minute]) -> Self {
        let sum = |of: fn(&Minute) -> u32| minutes.iter().map(|one| f64::from(of(one))).sum();
        let latencies = Latencies::sum(minutes.iter().map(|one| &one.latencies));
        let ms = |percent| Some(latencies.percentile(percent)?.as_secs_f64() * 1000.0);
        Self {
            begins_unix_s: minutes.first().map_or(0, |first| first.begins_unix_s),
            requests: sum(|one| one.requests),
            refusals: sum(|one| one.refusals),
            failures: sum(|one| one.failures),
            authorizations: sum(|one| one.authorizations),
            issued: sum(|one| one.invoices_issued),
            not_issued: sum(|one| one.invoices_failed),
            delivered: sum(|one| one.pushes_delivered),
            given_up: sum(|one| one.pushes_failed),
            tries_failed: sum(|one| one.push_tries_failed),
            unroutable: sum(|one| one.pushes_unroutable),
            p50_ms: ms(50),
            p99_ms: ms(99),
        }
    }
}

/// A share in percent; a dash where there is nothing to share.
fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 { format!("{:.1}%", part * 100.0 / whole) } else { "–".to_owned() }
}

fn told_ms(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), |ms| format!("{} ms", short(ms)))
}

fn tiles(frame: &Frame, sum: &Step) -> Vec<Tile> {
    let t = |zh, en| frame.lang.t(zh, en);
    let tries = sum.delivered + sum.tries_failed;
    let tile = |name, value, below| Tile { name, value, below };
    vec![
        tile(
            t("请求", "Requests"),
            short(sum.requests),
            format!("{} {}", percent(sum.refusals, sum.requests), t("被拒绝", "refused")),
        ),
        tile(
            t("系统错误", "Faults"),
            short(sum.failures),
            t("应答为 -1 的请求", "requests answered with -1").to_owned(),
        ),
        tile(
            t("授权", "Authorizations"),
            short(sum.authorizations),
            t("用户同意开票", "users said yes").to_owned(),
        ),
        tile(
            t("发票", "Invoices"),
            short(sum.issued),
            format!("{} {}", short(sum.not_issued), t("失败", "failed")),
        ),
        tile(
            t("推送成功率", "Push success"),
            percent(sum.delivered, tries),
            format!(
                "{} {}, {} {}, {} {}",
                short(sum.tries_failed),
                t("次尝试失败", "tries failed"),
                short(sum.given_up),
                t("条放弃", "given up"),
                short(sum.unroutable),
                t("条无回调地址", "without a callback"),
            ),
        ),
        tile(
            t("延迟中位数", "Median latency"),
            told_ms(sum.p50_ms),
            format!("p99 {}", told_ms(sum.p99_ms)),
        ),
    ]
}

fn charts(frame: &Frame, steps: &[Step], sum: &Step) -> Vec<Chart> {
    let t = |zh, en| frame.lang.t(zh, en);
    let moments: Vec<_> = steps.iter().map(|step| china_clock(step.begins_unix_s)).collect();
    let line = |name, ink, of: fn(&Step) -> f64| Line {
        name,
        ink,
        values: steps.iter().map(|step| Some(of(step))).collect(),
        says: short(of(sum)),
    };
    let took = |name, ink, of: fn(&Step) -> Option<f64>| Line {
        name,
        ink,
        values: steps.iter().map(of).collect(),
        says: told_ms(of(sum)),
    };
    let requests = vec![
        line(t("全部", "All"), Ink::Main, |step| step.requests),
        line(t("被拒绝", "Refused"), Ink::Wait, |step| step.refusals),
        line(t("系统错误", "Faults"), Ink::Bad, |step| step.failures),
    ];
    let latency = vec![
        took("p50", Ink::Main, |step| step.p50_ms),
        took("p99", Ink::Wait, |step| step.p99_ms),
    ];
    let authorized =
        vec![line(t("已授权", "Authorized"), Ink::Good, |step| step.authorizations)];
    let invoices = vec![
        line(t("已开具", "Issued"), Ink::Good, |step| step.issued),
        line(t("失败", "Failed"), Ink::Bad, |step| step.not_issued),
    ];
    let pushes = vec![
        line(t("已送达", "Delivered"), Ink::Good, |step| step.delivered),
        line(t("尝试失败", "Failed tries"), Ink::Wait, |step| step.tries_failed),
        line(t("已放弃", "Given up"), Ink::Bad, |step| step.given_up),
    ];
    let chart = |title, unit, lines| Chart::new(frame, title, &moments, unit, lines);
    vec![
        chart(t("请求", "Requests"), "", requests),
        chart(t("延迟", "Latency"), " ms", latency),
        chart(t("授权", "Authorizations"), "", authorized),
        chart(t("发票", "Invoices"), "", invoices),
        chart(t("推送", "Pushes"), "", pushes),
    ]
}
