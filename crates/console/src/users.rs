//! Who may log in, for operators to see. They are added and changed at the command line and by the admin API.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Pager, Table, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::access::console_users;
use kaipiao_domain::access::console_user::{ConsoleRole, ConsoleUser};

/// Where they are listed.
pub(crate) const PATH: &str = "/console/users";
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "users.html")]
struct Users<'a> {
    frame: &'a Frame,
    table: Table<'a>,
}

/// `GET /console/users`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    if !seat.role.is_operator() {
        return Err(frame.not_found());
    }
    let after = seat.after();
    let page = console_users::list(&console.app, after, ROWS).await;
    let page = page.map_err(|failure| seat.failed(&failure))?;
    let table = Table {
        frame,
        caption: frame.t("控制台用户", "Console users"),
        heads: vec![
            frame.t("用户名", "Name"),
            frame.t("角色", "Role"),
            frame.t("账号数", "Accounts"),
            frame.t("状态", "State"),
        ],
        rows: page.items.iter().map(|user| row(frame, user)).collect(),
        empty: (
            frame.t("还没有控制台用户", "There are no console users yet"),
            frame.t(
                "用 kaipiao console-user add 添加；沙箱无需登录。",
                "kaipiao console-user add makes one; a sandbox needs none.",
            ),
        ),
        pager: Pager::of(PATH, after, page.next.as_deref()),
        damaged: page.damaged.iter().map(ToString::to_string).collect(),
    };
    Ok(html(StatusCode::OK, &Users { frame, table }))
}

fn row(frame: &Frame, user: &ConsoleUser) -> Vec<Cell> {
    let (role, accounts) = match &user.role {
        ConsoleRole::Operator => (frame.t("运营", "Operator"), frame.t("全部", "all").to_owned()),
        ConsoleRole::Developer(bound) => (frame.t("开发者", "Developer"), bound.len().to_string()),
    };
    let state = match user.is_disabled {
        true => Cell::mark(frame.t("已停用", "Disabled"), Tone::Bad),
        false => Cell::mark(frame.t("正常", "Active"), Tone::Good),
    };
    vec![Cell::text(user.name.as_str()), Cell::text(role), Cell::number(accounts), state]
}
