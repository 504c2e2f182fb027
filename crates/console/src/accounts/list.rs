//! The accounts that a user may see.

use crate::accounts::words::{PATH, role_name};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Pager, Table, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::accounts;
use kaipiao_domain::access::account::Account;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts<'a> {
    frame: &'a Frame,
    table: Table<'a>,
}

/// `GET /console/accounts`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let after = seat.after();
    let (found, next, damaged) = match seat.role.bound_to() {
        None => {
            let page = accounts::list(&console.app, after, ROWS).await;
            let page = page.map_err(|failure| seat.failed(&failure))?;
            let damaged = page.damaged.iter().map(ToString::to_string).collect();
            (page.items, page.next, damaged)
        }
        Some(bound) => {
            let mut found = Vec::new();
            for appid in bound {
                let account = accounts::find(&console.app, appid).await;
                found.extend(account.map_err(|failure| seat.failed(&failure))?);
            }
            (found, None, Vec::new())
        }
    };
    let table = Table {
        frame,
        caption: frame.t("账号列表", "Accounts"),
        heads: vec![
            frame.t("名称", "Name"),
            "AppID",
            frame.t("类型", "Type"),
            frame.t("所属商户", "Bound to"),
        ],
        rows: found.iter().map(|account| row(frame, account)).collect(),
        empty: (
            frame.t("还没有账号", "There are no accounts yet"),
            frame.t(
                "在配置文件的 [[accounts]] 中或通过 PUT /admin/v1/accounts/{appid} 添加。",
                "Add one to [[accounts]] of the settings, or by PUT /admin/v1/accounts/{appid}.",
            ),
        ),
        pager: Pager::of(PATH, after, next.as_deref()),
        damaged,
    };
    Ok(html(StatusCode::OK, &Accounts { frame, table }))
}

fn row(frame: &Frame, account: &Account) -> Vec<Cell> {
    vec![
        Cell::text(&account.name).link(format!("{PATH}/{}", account.appid)),
        Cell::code(account.appid.as_str()),
        Cell::mark(role_name(frame, account.role), Tone::Quiet),
        Cell::code(account.bound_to.as_ref().map(ToString::to_string).unwrap_or_default()),
    ]
}
