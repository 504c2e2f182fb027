//! Every page, and where it is.

use crate::authorization::s02_auth_url;
use crate::authorization::way_back::{WAY_BACK_PATH, way_back};
use crate::demo_shop;
use crate::docs::{DOCS_PATH, Document, docs_route};
use crate::error_codes::{self, ERROR_CODE_PATH, ERROR_CODES_PATH};
use crate::explained::{self, EXPLAINED_PATH};
use crate::home::{Home, RouteRow, home_route};
use crate::lang::Lang;
use crate::page::{Frame, notice_with_way_home};
use crate::pages::Pages;
use crate::payment::cashier::CASHIER_PATH;
use crate::payment::pay_code::PAY_CODE_PATH;
use crate::payment::{cashier, details, entry, pay_code};
use crate::people::{cards, login, messages, title_code, title_link, titles};
use crate::phone;
use crate::phone::around::HOME_PATH;
use crate::reimbursement::jssdk::{self, CONFIG_PATH, JSSDK_PATH, PICKED_PATH};
use crate::reimbursement::picker::{self, PICKER_PATH};
use crate::reimbursement::title_picker::{self, TITLE_PICKER_PATH};
use crate::style::{ICON_PATH, STYLE_PATH, icon, style};
use crate::visit::Visit;
use crate::wrong_call::wrong_method;
use axum::Router;
use axum::extract::Request;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use kaipiao_app::demo_phone::ORDERS_PATH;
use kaipiao_app::demo_shop::RETURN_PATH;
use kaipiao_wire::authorization::s02_auth_url::{MINI_PROGRAM_PATH, PAGE_PATH};
use kaipiao_wire::people::title_link::{TITLE_CODE_PATH, USER_TITLE_PATH};
use std::sync::{Arc, LazyLock};

const fn page_row(
    methods: &'static str,
    path: &'static str,
    what: &'static str,
    what_zh: &'static str,
) -> RouteRow {
    RouteRow { methods, path, section: "page", what, what_zh }
}

/// The pages, as the home page lists them.
pub const PAGE_ROUTES: &[RouteRow] = &[
    page_row(
        "GET POST",
        PAGE_PATH,
        "the authorization page: what auth_url opens",
        "授权页（auth_url）",
    ),
    page_row(
        "GET POST",
        "/pages/auth/auth",
        "the same at a mini program's path",
        "授权页（小程序路径）",
    ),
    page_row(
        "GET POST",
        "/login",
        "who the user is: chosen in the sandbox, else token= and next=",
        "用户身份：沙箱里选择，正式环境由 token=、next= 传入",
    ),
    page_row(
        "GET POST",
        PICKER_PATH,
        "the picker: a user chooses invoices for a company (chooseInvoice)",
        "发票选择器（chooseInvoice）",
    ),
    page_row(
        "GET POST",
        TITLE_PICKER_PATH,
        "a user chooses a title for a page (chooseInvoiceTitle)",
        "抬头选择器（chooseInvoiceTitle）",
    ),
    page_row(
        "GET",
        JSSDK_PATH,
        "the script that companies' pages load for both",
        "企业页面引用的 JS-SDK 脚本",
    ),
    page_row(
        "GET",
        ERROR_CODES_PATH,
        "every error code: what it means, and what to do about it",
        "全部错误码的含义与处理办法",
    ),
    page_row("GET", DOCS_PATH, "this API's reference: what /openapi.json says", "接口文档"),
    page_row(
        "GET",
        EXPLAINED_PATH,
        "why a request was refused: what was expected, what came, and both bodies",
        "请求被拒的原因：期望值、实际值及请求与返回内容",
    ),
    page_row(
        "GET POST",
        USER_TITLE_PATH,
        "a user takes over a title, or picks one for a business (getusertitleurl, getselecttitleurl)",
        "用户添加抬头，或为商家选择抬头（getusertitleurl、getselecttitleurl）",
    ),
    page_row("GET", "/me/cards", "Cards & Offers: a user's invoices", "卡包：用户的发票"),
    page_row("GET", "/me/titles", "a user's title book", "用户的发票抬头"),
    page_row(
        "GET",
        "/me/titles/{id}/code",
        "the QR code of a title, which scantitle reads",
        "抬头二维码（scantitle）",
    ),
    page_row("GET", "/me/messages", "a user's service messages", "用户的服务消息"),
    page_row(
        "GET",
        "/payments/{mchid}/{out_trade_no}",
        "a payment for its payer, with its invoice entry",
        "付款人的账单详情及开票入口",
    ),
];

/// The pages that only a sandbox has.
pub const SANDBOX_PAGE_ROUTES: &[RouteRow] = &[
    page_row(
        "GET",
        HOME_PATH,
        "a phone with the demo merchant's three apps: what the app, the push and getauthdata say, side by side",
        "示例手机：三种应用的开票流程，以及应用返回、推送与 getauthdata 的结果",
    ),
    page_row(
        "GET POST",
        CASHIER_PATH,
        "the cashier: what code_url and mweb_url open; no money moves",
        "收银台（code_url、mweb_url），不会产生真实扣款",
    ),
    page_row(
        "GET",
        PAY_CODE_PATH,
        "a user's pay code, which quick pay scans; no money moves",
        "用户的付款码（付款码支付），不会产生真实扣款",
    ),
];

/// A page's address, with the names of its parts in braces, and who answers there.
type Served = (String, MethodRouter<Pages>);

/// The pages; `openapi` is the document that the reference shows.
pub fn router(home: &Home, openapi: Arc<Document>, pages: Pages) -> Router {
    let sandbox = if pages.is_sandbox { sandbox() } else { Vec::new() };
    let served = everywhere().into_iter().chain(sandbox);
    served
        .fold(Router::new(), |router, (path, page)| router.route(&path, page))
        .with_state(pages)
        .merge(home_route(home))
        .merge(docs_route(openapi))
        .method_not_allowed_fallback(wrong_method)
        .fallback(not_found)
}

/// The addresses of all pages of a sandbox but the home page.
pub fn paths() -> Vec<String> {
    everywhere().into_iter().chain(sandbox()).map(|(path, _)| path).collect()
}

/// Whether a sandbox has a page at this path, or something that only pages use.
pub fn is_page(path: &str) -> bool {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(paths);
    let is_at = |pattern: &String| {
        let (mut one, mut other) = (pattern.split('/'), path.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() => {}
                (Some(name), Some(part)) if name == part => {}
                _ => return false,
            }
        }
    };
    path == "/" || PATHS.iter().any(is_at)
}

/// Those that only a sandbox has.
pub fn sandbox_paths() -> Vec<String> {
    sandbox().into_iter().map(|(path, _)| path).collect()
}

fn everywhere() -> Vec<Served> {
    let authorize = || get(s02_auth_url::page).post(s02_auth_url::page);
    let edit = get(titles::edit).post(titles::edit);
    [
        (PAGE_PATH, authorize()),
        (&format!("/{MINI_PROGRAM_PATH}"), authorize()),
        ("/login", get(login::show).post(login::choose)),
        ("/logout", post(login::leave)),
        ("/lang/{code}", get(login::language)),
        ("/me/cards", get(cards::list)),
        ("/me/cards/{name}", get(cards::show)),
        ("/me/titles", get(titles::list)),
        ("/me/titles/new", get(titles::new).post(titles::new)),
        ("/me/titles/{id}", edit),
        ("/me/titles/{id}/code", get(title_code::show)),
        (TITLE_CODE_PATH, get(title_code::scanned)),
        (USER_TITLE_PATH, get(title_link::page).post(title_link::page)),
        ("/me/titles/{id}/{what}", get(titles::back).post(titles::change)),
        ("/me/messages", get(messages::list)),
        ("/payments/{mchid}/{out_trade_no}", get(details::show)),
        ("/payments/{mchid}/{out_trade_no}/entry", get(entry::why).post(entry::open)),
        (PICKER_PATH, get(picker::choose).post(picker::choose)),
        (TITLE_PICKER_PATH, get(title_picker::choose).post(title_picker::choose)),
        (JSSDK_PATH, get(jssdk::jssdk)),
        (CONFIG_PATH, get(jssdk::config)),
        (PICKED_PATH, get(jssdk::picked)),
        (WAY_BACK_PATH, get(way_back)),
        (ERROR_CODES_PATH, get(error_codes::list)),
        (ERROR_CODE_PATH, get(error_codes::show)),
        ("/errors/rid", get(explained::ask)),
        (EXPLAINED_PATH, get(explained::show)),
        (STYLE_PATH, get(style)),
        (ICON_PATH, get(icon)),
        ("/favicon.ico", get(icon)),
    ]
    .map(|(path, page)| (path.to_owned(), page))
    .into()
}

/// The shop, the phone, the cashier and the pay codes of the sandbox; in production merchants bring their own, and nobody pays here.
fn sandbox() -> Vec<Served> {
    vec![
        ("/shop/orders".to_owned(), post(demo_shop::order)),
        (format!("{RETURN_PATH}{{order_id}}"), get(demo_shop::come_back)),
        (HOME_PATH.to_owned(), get(phone::home::show)),
        ("/phone/apps/{app}".to_owned(), get(phone::order::new)),
        ("/phone/orders".to_owned(), post(phone::order::ask)),
        (format!("{ORDERS_PATH}{{order_id}}"), get(phone::order::come_back)),
        ("/shop/payments".to_owned(), post(demo_shop::pay)),
        (CASHIER_PATH.to_owned(), get(cashier::show).post(cashier::pay)),
        (PAY_CODE_PATH.to_owned(), get(pay_code::show)),
    ]
}

fn is_browser(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepts.is_some_and(|accepted| accepted.contains("text/html"))
}

/// What a browser shows at the address of an invoice that there is not; None: it is no browser.
pub fn no_invoice(uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let says = (
        "请检查地址是否完整，或联系商家重新获取。",
        "Check that the address is complete, or ask the merchant for it again.",
    );
    not_there(uri, headers, ("发票不存在", "There is no such invoice"), says)
}

/// What a browser shows at an address of a name space that there is not; None: it is no browser.
pub fn no_name_space(uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let says = (
        "它可能已被删除。GET /sandbox/v1/namespaces 列出现有的命名空间。",
        "It may have been removed. GET /sandbox/v1/namespaces lists those that there are.",
    );
    not_there(uri, headers, ("命名空间不存在", "There is no such name space"), says)
}

fn not_there(
    uri: &Uri,
    headers: &HeaderMap,
    headline: (&str, &str),
    says: (&str, &str),
) -> Option<Response> {
    if !is_browser(headers) {
        return None;
    }
    let here = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let frame = Frame { here, ..Frame::of_nobody(Lang::of(headers)) };
    Some(notice_with_way_home(&frame, StatusCode::NOT_FOUND, headline, says))
}

/// The published service has paths that this server does not have yet; say so, and where to look:
/// to browsers with a page, to programs with a line.
async fn not_found(request: Request) -> Response {
    if !is_browser(request.headers()) {
        let text = "Nothing is served here. The home page / lists every route. 此地址不存在，首页列出了全部接口。\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    notice_with_way_home(
        &Visit::of(request).frame(),
        StatusCode::NOT_FOUND,
        ("页面不存在", "Page not found"),
        ("请检查地址，或从首页重新进入。", "Check the address, or start again from the home page."),
    )
}
