//! Which path is served by which file. The same list is shown on the home page; a test calls each
//! of its entries.

use crate::access::caller::{require_get, require_post};
use crate::access::token;
use crate::admin::{accounts, invoices, pushes};
use crate::authorization::{s01_ticket, s02_auth_url, s07_auth_data, s08_reject, set_biz_attr};
use crate::invoicing::{documents, s14_make_out, s15_offset, s16_query};
use crate::{Server, sandbox};
use axum::Router;
use axum::routing::{any, get, post, put};

/// A route, for people.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET`, `POST`, or both.
    pub methods: &'static str,
    /// The path.
    pub path: &'static str,
    /// The contract's section, or whose it is.
    pub section: &'static str,
    /// What it does.
    pub what: &'static str,
}

const fn route(
    methods: &'static str,
    path: &'static str,
    section: &'static str,
    what: &'static str,
) -> Route {
    Route { methods, path, section, what }
}

/// Every route of this floor.
pub const ROUTES: &[Route] = &[
    route("GET POST", "/cgi-bin/token", "token", "access token, classic family"),
    route("POST", "/cgi-bin/stable_token", "token", "access token, stable family"),
    route("GET", "/cgi-bin/ticket/getticket", "1", "ticket (type=wx_card, jsapi)"),
    route("POST", "/card/invoice/getauthurl", "2", "link of the authorization page"),
    route("POST", "/card/invoice/getauthdata", "7", "has the user authorized?"),
    route("POST", "/card/invoice/rejectinsert", "8", "reject invoicing"),
    route(
        "GET POST",
        "/card/invoice/setbizattr",
        "9–12, 17, 18",
        "page fields, pay merchant, contact (action=…)",
    ),
    route("POST", "/card/invoice/makeoutinvoice", "14", "issue an invoice"),
    route("POST", "/card/invoice/clearoutinvoice", "15", "offset an invoice"),
    route("POST", "/card/invoice/queryinvoceinfo", "16", "an issued invoice, or why there is none"),
    route("GET", "/invoice/pdf/{name}", "16", "an invoice's PDF (pdfurl)"),
    route("GET", "/invoice/svg/{name}", "16", "its first page as a picture"),
    route("GET", "/admin/v1/accounts", "admin", "all accounts"),
    route("PUT", "/admin/v1/accounts/{appid}", "admin", "add or change an account"),
    route(
        "PUT",
        "/admin/v1/accounts/{appid}/callback",
        "admin",
        "where an account receives pushes",
    ),
    route(
        "GET",
        "/admin/v1/pushes",
        "admin",
        "pushes and their attempts (appid=, order_id=, state=)",
    ),
    route("POST", "/admin/v1/pushes/{id}/replay", "admin", "send a push again"),
    route(
        "GET",
        "/admin/v1/accounts/{appid}/numbers",
        "admin",
        "a merchant's ranges of invoice numbers, with their gaps",
    ),
    route("GET", "/admin/v1/invoices", "admin", "a merchant's invoice requests (appid=, fpqqlsh=)"),
    route("GET", "/sandbox/v1/accounts", "sandbox", "demo accounts, users, openids, admin token"),
    route("POST", "/sandbox/v1/authorize", "sandbox", "a user answers without a browser"),
    route("GET", "/sandbox/v1/messages", "sandbox", "service messages of a user (user=…)"),
    route("POST", "/sandbox/v1/clock", "sandbox", "move the clock forward"),
    route("POST", "/sandbox/v1/users", "sandbox", "add a person"),
    route("POST", "/sandbox/v1/faults", "sandbox", "what the issuer does to the next requests"),
];

pub(crate) fn merchant_api() -> Router<Server> {
    Router::new()
        .route("/cgi-bin/token", any(token::classic))
        .route("/cgi-bin/stable_token", post(token::stable).fallback(require_post))
        .route("/cgi-bin/ticket/getticket", get(s01_ticket::get_ticket).fallback(require_get))
        .route("/card/invoice/getauthurl", post(s02_auth_url::get_auth_url).fallback(require_post))
        .route(
            "/card/invoice/getauthdata",
            post(s07_auth_data::get_auth_data).fallback(require_post),
        )
        .route("/card/invoice/rejectinsert", post(s08_reject::reject_insert).fallback(require_post))
        .route("/card/invoice/setbizattr", any(set_biz_attr::set_biz_attr))
        .route(
            "/card/invoice/makeoutinvoice",
            post(s14_make_out::make_out_invoice).fallback(require_post),
        )
        .route(
            "/card/invoice/clearoutinvoice",
            post(s15_offset::clear_out_invoice).fallback(require_post),
        )
        .route(
            "/card/invoice/queryinvoceinfo",
            post(s16_query::query_invoice_info).fallback(require_post),
        )
        .route("/invoice/pdf/{name}", get(documents::pdf))
        .route("/invoice/svg/{name}", get(documents::svg))
}

pub(crate) fn admin_api() -> Router<Server> {
    Router::new()
        .route("/admin/v1/accounts", get(accounts::list_accounts))
        .route("/admin/v1/accounts/{appid}", put(accounts::put_account))
        .route("/admin/v1/accounts/{appid}/callback", put(pushes::put_callback))
        .route("/admin/v1/accounts/{appid}/numbers", get(invoices::list_numbers))
        .route("/admin/v1/invoices", get(invoices::list_invoices))
        .route("/admin/v1/pushes", get(pushes::list_pushes))
        .route("/admin/v1/pushes/{id}/replay", post(pushes::replay_push))
}

pub(crate) fn sandbox_api() -> Router<Server> {
    Router::new()
        .route("/sandbox/v1/accounts", get(sandbox::accounts))
        .route("/sandbox/v1/authorize", post(sandbox::authorize))
        .route("/sandbox/v1/messages", get(sandbox::messages))
        .route("/sandbox/v1/clock", post(sandbox::clock))
        .route("/sandbox/v1/users", post(sandbox::users))
        .route("/sandbox/v1/faults", post(sandbox::faults))
}
