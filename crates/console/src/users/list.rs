//! Who may log in: listed, and added.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Flash, Pager, Table, Tone};
use crate::seat::Seat;
use crate::users::user::{self, After};
use crate::users::words::{PATH, address_of, role_name, role_spec, roles, state};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::console_users;
use kaipiao_domain::access::console_user::ConsoleUser;
use kaipiao_pages::refused;

const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "users.html")]
struct Users<'a> {
    frame: &'a Frame,
    table: Table<'a>,
    flash: Option<Flash>,
    roles: [(&'static str, &'static str); 2],
    /// What was typed, where it could not be taken.
    typed: Typed<'a>,
}

#[derive(Default)]
struct Typed<'a> {
    name: &'a str,
    role: &'a str,
    accounts: &'a str,
}

/// `GET /console/users`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    seat.operators_alone()?;
    let gone = (seat.query.get("said") == "removed")
        .then(|| Flash::new(Tone::Good, seat.frame.t("用户已移除。", "The user is removed.")));
    page(&console, &seat, StatusCode::OK, gone, Typed::default()).await
}

/// `POST /console/users {name, role, accounts}`: a new user, whose password is made and shown once.
pub(crate) async fn add(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    seat.operators_alone()?;
    let name = seat.form.get("name").trim();
    let password = console_users::new_password(console.app.random());
    let mut spec = role_spec(&seat, name);
    spec.password = Some(password.clone());
    match console_users::add(&console.app, &spec).await {
        Ok(added) => {
            tracing::info!(name, by = seat.name(), "a console user was added in the console");
            let after = After { password, is_new: true, ..After::default() };
            Ok(user::page(&seat, &added.user, StatusCode::CREATED, after))
        }
        Err(Failure::Refused(refusal)) => {
            let typed =
                Typed { name, role: seat.form.get("role"), accounts: seat.form.get("accounts") };
            let flash = Some(Flash::new(Tone::Bad, refused(seat.frame.lang, &refusal)));
            page(&console, &seat, StatusCode::UNPROCESSABLE_ENTITY, flash, typed).await
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    flash: Option<Flash>,
    typed: Typed<'_>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
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
                "正式环境的控制台须登录；沙箱无需登录。",
                "In production the console wants a login; a sandbox needs none.",
            ),
        ),
        pager: Pager::of(PATH, after, page.next.as_deref()),
        damaged: page.damaged.iter().map(ToString::to_string).collect(),
    };
    Ok(html(status, &Users { frame, table, flash, roles: roles(frame), typed }))
}

fn row(frame: &Frame, user: &ConsoleUser) -> Vec<Cell> {
    let accounts = match user.role.bound_to() {
        None => frame.t("全部", "all").to_owned(),
        Some(bound) => bound.len().to_string(),
    };
    let (state, tone) = state(frame, user);
    vec![
        Cell::text(user.name.as_str()).link(address_of(&user.name)),
        Cell::text(role_name(frame, user.role.name())),
        Cell::number(accounts),
        Cell::mark(state, tone),
    ]
}
