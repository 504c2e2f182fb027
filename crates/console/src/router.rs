//! Every page of the console, and where it is.

use crate::accounts::{self, account, add as account_add, callback, page_fields, settings};
use crate::assets::{SCRIPT_PATH, STYLE_PATH, script, style};
use crate::console::Console;
use crate::errors;
use crate::faults;
use crate::frame::{CONSOLE_PATH, LOGIN_PATH};
use crate::invoices;
use crate::jobs;
use crate::login;
use crate::numbers;
use crate::orders;
use crate::overview;
use crate::password;
use crate::payments::{self, pay};
use crate::pushes;
use crate::requests;
use crate::sandbox::{clock, show as sandbox, snapshots, spaces};
use crate::seat::{Seat, seated};
use crate::users::{self, list as user_list, user};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use kaipiao_pages::{RouteRow, see_other};

/// The console, as the home page lists it.
pub const CONSOLE_ROUTES: &[RouteRow] = &[RouteRow {
    methods: "GET POST",
    path: CONSOLE_PATH,
    section: "page",
    what: "the console: overview, orders, requests, pushes, accounts and settings, in a sandbox its controls; with a login in production",
    what_zh: "控制台：概览、订单、请求、推送、账号与设置，沙箱中另有其控制；正式环境需登录",
}];

/// The console.
pub fn router(console: Console) -> Router {
    let guarded = Router::new()
        .route(CONSOLE_PATH, get(overview::show))
        .route("/console/", get(async || see_other(CONSOLE_PATH)))
        .route(accounts::words::PATH, get(accounts::list::list).post(account_add::add))
        .route("/console/accounts/{appid}", get(account::show))
        .route("/console/accounts/{appid}/secret", post(settings::renew_secret))
        .route("/console/accounts/{appid}/contact", post(settings::set_contact))
        .route("/console/accounts/{appid}/pay", post(settings::set_pay_link))
        .route("/console/accounts/{appid}/callback", post(callback::set))
        .route("/console/accounts/{appid}/test-push", post(callback::send_test))
        .route("/console/accounts/{appid}/fields", get(page_fields::show).post(page_fields::show))
        .route("/console/accounts/{appid}/fields/preview", get(page_fields::show_preview))
        .route(orders::address::PATH, get(orders::list::list))
        .route(
            orders::address::ORDER_PATH,
            get(orders::timeline::show).post(orders::answer::answer),
        )
        .route(invoices::address::PATH, get(invoices::list::list))
        .route(invoices::address::INSERTED_PATH, get(invoices::inserted::list))
        .route(invoices::address::INVOICE_PATH, get(invoices::show::show))
        .route(invoices::address::FACE_PATH, get(invoices::face::face))
        .route(
            invoices::address::OFFSET_PATH,
            get(invoices::offset::ask).post(invoices::offset::make),
        )
        .route(requests::address::PATH, get(requests::list::list))
        .route("/console/requests/{rid}", get(requests::show::show))
        .route(pushes::address::PATH, get(pushes::list::list))
        .route("/console/pushes/replay", post(pushes::replay::all))
        .route("/console/pushes/{id}", get(pushes::show::show))
        .route("/console/pushes/{id}/replay", post(pushes::replay::one))
        .route(errors::address::PATH, get(errors::list::list))
        .route(errors::address::RID_PATH, get(errors::lookup::look_up))
        .route("/console/errors/{code}", get(errors::show::show))
        .route(payments::address::PATH, get(payments::list::list))
        .route(payments::address::MERCHANTS_PATH, post(payments::add::add))
        .route(payments::address::PAYMENT_PATH, get(payments::show::show))
        .route(numbers::PATH, get(numbers::list).post(numbers::allot))
        .route(jobs::PATH, get(jobs::list))
        .route("/console/jobs/{id}/run", post(jobs::run))
        .route(users::words::PATH, get(user_list::list).post(user_list::add))
        .route("/console/users/{name}", get(user::show).post(user::change))
        .route("/console/users/{name}/password", post(user::renew_password))
        .route("/console/users/{name}/remove", post(user::remove))
        .route(password::PATH, get(password::show).post(password::change))
        .route("/console/logout", post(login::leave))
        .merge(if console.sandbox.is_some() { sandbox_pages() } else { Router::new() })
        .route("/console/{*rest}", get(nothing).post(nothing))
        .layer(from_fn_with_state(console.clone(), seated));
    Router::new()
        .route(STYLE_PATH, get(style))
        .route(SCRIPT_PATH, get(script))
        .route(LOGIN_PATH, get(login::show).post(login::enter))
        .merge(guarded)
        .with_state(console)
}

/// What a production has not.
fn sandbox_pages() -> Router<Console> {
    Router::new()
        .route(sandbox::PATH, get(sandbox::show))
        .route("/console/sandbox/clock", post(clock::change))
        .route("/console/sandbox/snapshots", post(snapshots::save))
        .route("/console/sandbox/snapshots/{name}/restore", post(snapshots::restore))
        .route("/console/sandbox/snapshots/{name}/remove", post(snapshots::forget))
        .route("/console/sandbox/reset", post(snapshots::reset))
        .route("/console/sandbox/spaces", post(spaces::make))
        .route("/console/sandbox/spaces/{name}/remove", post(spaces::remove))
        .route("/console/sandbox/spaces/{name}/reset", post(spaces::reset))
        .route("/console/sandbox/spaces/{name}/restore", post(spaces::restore))
        .route(payments::address::PAY_PATH, get(pay::ask).post(pay::pay))
        .route(faults::page::PATH, get(faults::page::show).post(faults::plan::make))
        .route("/console/faults/forget", post(faults::plan::forget))
}

async fn nothing(seat: Seat) -> Response {
    seat.frame.not_found()
}
