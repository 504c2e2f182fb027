//! The accounts that a user may see.

use crate::accounts::words::{PATH, role_name};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Filter, Filters, Input, Pager, Table, Tone};
use crate::seat::Seat;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::accounts;
use kaipiao_app::listing::Listing;
use kaipiao_domain::access::account::{Account, AppId, Role};

const ROWS: usize = 50;
/// Pages of accounts that one page of a role is made of at most.
const MOST_PAGES: usize = 20;

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts<'a> {
    frame: &'a Frame,
    filters: Filters<'a>,
    table: Table<'a>,
}

/// `GET /console/accounts?appid=&role=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let after = seat.after();
    let (appid, role) = (seat.query.get("appid").trim(), Role::from_name(seat.query.get("role")));
    let listed = listed(&console, &seat, appid, role).await;
    let Listing { items, next, damaged } = listed.map_err(|failure| seat.failed(&failure))?;
    let filters = filters(frame, appid, role);
    let table = Table {
        frame,
        caption: frame.t("账号列表", "Accounts"),
        heads: vec![
            frame.t("名称", "Name"),
            "AppID",
            frame.t("类型", "Type"),
            frame.t("所属商户", "Bound to"),
        ],
        rows: items.iter().map(|account| row(frame, account)).collect(),
        empty: (
            frame.t("没有账号", "There are no accounts"),
            frame.t(
                "在配置文件的 [[accounts]] 中或通过 PUT /admin/v1/accounts/{appid} 添加。",
                "Add one to [[accounts]] of the settings, or by PUT /admin/v1/accounts/{appid}.",
            ),
        ),
        pager: Pager::of(&filters.address(), after, next.as_deref()),
        damaged: damaged.iter().map(ToString::to_string).collect(),
    };
    Ok(html(StatusCode::OK, &Accounts { frame, filters, table }))
}

fn filters<'a>(frame: &'a Frame, appid: &str, role: Option<Role>) -> Filters<'a> {
    let any = (String::new(), frame.t("全部类型", "Any type").to_owned());
    let named = |role: Role| (role.name().to_owned(), role_name(frame, role).to_owned());
    let roles = [any].into_iter().chain(Role::ALL.map(named)).collect();
    let filters = vec![
        Filter {
            name: "appid",
            label: "AppID",
            value: appid.to_owned(),
            input: Input::Text("wx…"),
        },
        Filter {
            name: "role",
            label: frame.t("类型", "Type"),
            value: role.map(Role::name).unwrap_or_default().to_owned(),
            input: Input::Choice(roles),
        },
    ];
    Filters { frame, path: PATH, filters }
}

/// The accounts that this user may see, of this appid and role, if these are asked for.
async fn listed(
    console: &Console,
    seat: &Seat,
    appid: &str,
    role: Option<Role>,
) -> Result<Listing<Account>, Failure> {
    let fits = |account: &Account| role.is_none_or(|role| account.role == role);
    let named: Option<Vec<AppId>> = match (seat.role.bound_to(), appid) {
        (None, "") => None,
        (Some(bound), "") => Some(bound.iter().cloned().collect()),
        (_, appid) => {
            Some(AppId::parse(appid).filter(|appid| seat.role.sees(appid)).into_iter().collect())
        }
    };
    let mut found = Listing::empty();
    if let Some(named) = named {
        for appid in &named {
            found.items.extend(accounts::find(&console.app, appid).await?.filter(fits));
        }
        return Ok(found);
    }
    // Accounts are not found by their role: pages are read until one is full, a bounded number of them.
    found.next = seat.after().map(str::to_owned);
    for _ in 0..MOST_PAGES {
        let page = accounts::list(&console.app, found.next.as_deref(), ROWS).await?;
        found.items.extend(page.items.into_iter().filter(fits));
        found.damaged.extend(page.damaged);
        found.next = page.next;
        if found.next.is_none() || found.items.len() >= ROWS {
            break;
        }
    }
    Ok(found)
}

fn row(frame: &Frame, account: &Account) -> Vec<Cell> {
    vec![
        Cell::text(&account.name).link(format!("{PATH}/{}", account.appid)),
        Cell::code(account.appid.as_str()).below(&account.original_id),
        Cell::mark(role_name(frame, account.role), Tone::Quiet),
        Cell::code(account.bound_to.as_ref().map(ToString::to_string).unwrap_or_default()),
    ]
}
