//! A developer's overview: what their accounts' requests of the last day were answered with, and what did not reach them.

use crate::accounts::words::PATH as ACCOUNTS_PATH;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Pager, Table};
use crate::pushes::address::PATH as PUSHES_PATH;
use crate::requests::address::PATH as REQUESTS_PATH;
use crate::seat::Seat;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::{accounts, sight};
use kaipiao_app::delivery::pushes;
use kaipiao_app::{Failure, requests};
use kaipiao_ports::request_log::RequestTally;

/// Accounts and pay merchants that are told of.
const MOST_ROWS: usize = 20;
/// Codes of refusals that are told of each.
const MOST_CODES: usize = 5;
/// Failed pushes that are counted.
const MOST_PUSHES: usize = 100;

#[derive(Template)]
#[template(path = "day.html")]
struct Day<'a> {
    frame: &'a Frame,
    /// Whether there are more accounts than rows.
    is_cut: bool,
    accounts: &'static str,
    table: Table<'a>,
}

/// What somebody sees who does not operate the server.
pub(crate) async fn show(console: &Console, seat: &Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let failed = |failure: Failure| seat.failed(&failure);
    let mut parties = parties(console, seat).await.map_err(failed)?;
    let is_cut = parties.len() > MOST_ROWS;
    parties.truncate(MOST_ROWS);
    let mut rows = Vec::new();
    for (name, called) in parties {
        let tally = requests::tally_of_day(&console.app, &name).await.map_err(failed)?;
        let lost = pushes::count_failed(&console.app, &name, MOST_PUSHES).await.map_err(failed)?;
        rows.push(row(&name, &called, &tally, lost));
    }
    let table = Table {
        frame,
        caption: frame.t("最近 24 小时", "The last 24 hours"),
        heads: vec![
            frame.t("账号或商户号", "Account or pay merchant"),
            frame.t("请求", "Requests"),
            frame.t("被拒绝", "Refused"),
            frame.t("错误码", "Codes"),
            frame.t("失败的推送", "Failed pushes"),
        ],
        rows,
        empty: (frame.t("没有账号", "There are no accounts"), ""),
        pager: Pager::default(),
        damaged: Vec::new(),
    };
    Ok(html(StatusCode::OK, &Day { frame, is_cut, accounts: ACCOUNTS_PATH, table }))
}

/// The names of their accounts and pay merchants, and what these are called.
async fn parties(console: &Console, seat: &Seat) -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    for appid in seat.role.bound_to().into_iter().flatten() {
        let account = accounts::find(&console.app, appid).await?;
        all.extend(account.map(|account| (account.appid.to_string(), account.name)));
    }
    let merchants = sight::pay_merchants_seen(&console.app, &seat.role).await?;
    all.extend(merchants.first.into_iter().map(|one| (one.mchid.to_string(), one.name)));
    Ok(all)
}

fn row(name: &str, called: &str, tally: &RequestTally, lost: usize) -> Vec<Cell> {
    let is_refusal = |(code, _): &&(String, u64)| !matches!(&**code, "" | "0" | "SUCCESS");
    let refusals = || tally.errcodes.iter().filter(is_refusal);
    let refused: u64 = refusals().map(|(_, count)| count).sum();
    let codes: Vec<_> =
        refusals().take(MOST_CODES).map(|(code, n)| format!("{code} × {n}")).collect();
    let at_least = |count: String, is_cut: bool| if is_cut { format!("{count}+") } else { count };
    let mut pushes = Cell::number(at_least(lost.to_string(), lost >= MOST_PUSHES));
    if lost > 0 {
        pushes = pushes.link(format!("{PUSHES_PATH}?appid={name}"));
    }
    vec![
        Cell::text(called).below(name).link(format!("{REQUESTS_PATH}?appid={name}")),
        Cell::number(at_least(tally.requests.to_string(), tally.is_cut)),
        Cell::number(refused.to_string()),
        Cell::code(codes.join(", ")),
        pushes,
    ]
}
