//! The accounts that a user may see.

use crate::accounts::words::{PATH, role_name};
use crate::adding::{Adding, Entry, Field};
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
use kaipiao_domain::Refusal;
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
    /// Operators alone add one.
    adding: Option<Adding<'a>>,
}

/// `GET /console/accounts?appid=&role=`
pub(crate) async fn list(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    page(&console, &seat, StatusCode::OK, None).await
}

/// The page; `refusal` says why an account was not added.
pub(super) async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    refusal: Option<&Refusal>,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let after = seat.after();
    let (appid, role) = (seat.query.get("appid").trim(), Role::from_name(seat.query.get("role")));
    let listed = listed(console, seat, appid, role).await;
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
                "管理员可在此页添加，或写在配置文件的 [[accounts]] 中。",
                "An operator adds one on this page, or in [[accounts]] of the settings.",
            ),
        ),
        pager: Pager::of(&filters.address(), after, next.as_deref()),
        damaged: damaged.iter().map(ToString::to_string).collect(),
    };
    let adding = seat.role.is_operator().then(|| adding(seat, refusal));
    Ok(html(status, &Accounts { frame, filters, table, adding }))
}

fn adding<'a>(seat: &'a Seat, refusal: Option<&'a Refusal>) -> Adding<'a> {
    let frame = &seat.frame;
    let role = |role: Role| (role.name(), role_name(frame, role));
    let of_merchants = frame.t(
        "仅商户填写；开票前必须设置。",
        "A merchant's alone; needed before it makes out invoices.",
    );
    Adding {
        frame,
        action: PATH.to_owned(),
        headline: frame.t("添加账号", "Add an account"),
        about: frame.t(
            "自动生成 AppSecret 并显示一次。类型和所属商户以后不能更改。",
            "An AppSecret is made and shown once. Its type and whom it is bound to never change.",
        ),
        button: frame.t("添加账号", "Add the account"),
        fields: vec![
            Field::of("appid", "AppID", Entry::Code).hint(
                frame.t("wx 加 16 位小写十六进制数字", "wx and 16 lower-case hexadecimal digits"),
            ),
            Field::of("name", frame.t("名称", "Name"), Entry::Line),
            Field::of("role", frame.t("类型", "Type"), Entry::Choice(Role::ALL.map(role).into())),
            Field::of(
                "bound_to",
                frame.t("所属商户的 AppID", "Bound to the merchant (its AppID)"),
                Entry::Code,
            )
            .optional()
            .hint(frame.t("仅小程序和移动应用填写", "A mini program's or a mobile app's alone")),
            Field::of("taxpayer", frame.t("纳税人名称", "Taxpayer's name"), Entry::Line)
                .optional()
                .hint(of_merchants),
            Field::of("tax_id", frame.t("纳税人识别号", "Taxpayer's id"), Entry::Code)
                .optional()
                .hint(of_merchants),
        ],
        typed: &seat.form,
        refusal,
    }
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
