//! Every route: where it is, what it does, and who handles it. The router is built from this list,
//! the home page shows it, and a test calls each of its entries.

use crate::access::caller::{require_get, require_post};
use crate::access::{addresses, callback_check, quota, refused, token};
use crate::admin::{
    accounts, callbacks, console_users, inserted_invoices, invoices, jobs, log, numbers, orders,
    pay_merchants, payments, pushes, requests, users,
};
use crate::authorization::{s01_ticket, s02_auth_url, s07_auth_data, s08_reject, set_biz_attr};
use crate::health;
use crate::invoicing::{documents, s14_make_out, s15_offset, s16_query};
use crate::metrics;
use crate::openapi::serve;
use crate::payment::pay_call::{self, panicked, unknown_call};
use crate::payment::{
    close_order, micropay, order_query, pap_pay_apply, refund, refund_query, reverse, sign_key,
    unified_order,
};
use crate::people::title_links;
use crate::platform::{cards, insert, pdfs, update_status as platform_status};
use crate::probe_paths;
use crate::reimbursement::{read_invoice, update_status};
use crate::sandbox::accounts as demo;
use crate::sandbox::{clock, controls, faults, name_spaces, snapshots, wait};
use crate::server::Server;
use axum::Router;
use axum::extract::Extension;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any, delete, get, post, put};
use kaipiao_app::faults::{CallPath, Whose};
use kaipiao_domain::payment::payments::PayKey;
use tower_http::catch_panic::CatchPanicLayer;

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET`, `POST`, or both.
    pub methods: &'static str,
    /// The path.
    pub path: &'static str,
    /// The contract's section, or whose it is.
    pub section: &'static str,
    /// Its purpose.
    pub what: &'static str,
    /// The same in Chinese.
    pub what_zh: &'static str,
    handler: fn() -> MethodRouter<Server>,
}

/// The parts of the API, which a server has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// What merchants call; always there.
    Merchant,
    /// What operators call; there when the admin token is set.
    Admin,
    /// What test suites call; only in the sandbox.
    Sandbox,
    /// WeChat Pay, with which nobody pays for real; only in the sandbox.
    Pay,
}

impl Route {
    /// The part of the API that it belongs to.
    pub fn api(&self) -> Api {
        match self.section {
            "admin" => Api::Admin,
            "sandbox" => Api::Sandbox,
            "13" => Api::Pay,
            _ => Api::Merchant,
        }
    }
}

/// Every route of this crate.
pub const ROUTES: &[Route] = &[
    Route {
        methods: "GET POST",
        path: "/cgi-bin/token",
        section: "token",
        what: "access token, classic family",
        what_zh: "access_token（经典）",
        handler: || any(token::classic),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/stable_token",
        section: "token",
        what: "access token, stable family",
        what_zh: "access_token（稳定版）",
        handler: || post_only(token::stable),
    },
    Route {
        methods: "GET",
        path: "/cgi-bin/ticket/getticket",
        section: "1",
        what: "ticket (type=wx_card, jsapi)",
        what_zh: "ticket（type=wx_card、jsapi）",
        handler: || get_only(s01_ticket::get_ticket),
    },
    Route {
        methods: "GET",
        path: "/cgi-bin/ticket/get",
        section: "1",
        what: "ticket, by WeCom's path (type=wx_card)",
        what_zh: "ticket（企业微信路径，type=wx_card）",
        handler: || get_only(s01_ticket::get_wecom_ticket),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/getauthurl",
        section: "2",
        what: "link of the authorization page",
        what_zh: "获取授权页链接",
        handler: || post_only(s02_auth_url::get_auth_url),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/getauthdata",
        section: "7",
        what: "has the user authorized?",
        what_zh: "查询用户授权状态",
        handler: || post_only(s07_auth_data::get_auth_data),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/rejectinsert",
        section: "8",
        what: "reject invoicing",
        what_zh: "拒绝开票",
        handler: || post_only(s08_reject::reject_insert),
    },
    Route {
        methods: "GET POST",
        path: "/card/invoice/setbizattr",
        section: "9–12, 17, 18",
        what: "page fields, pay merchant, contact (action=…)",
        what_zh: "授权页字段、关联商户、商户联系方式（action=…）",
        handler: || any(set_biz_attr::set_biz_attr),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/makeoutinvoice",
        section: "14",
        what: "issue an invoice",
        what_zh: "开具蓝票",
        handler: || post_only(s14_make_out::make_out_invoice),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/clearoutinvoice",
        section: "15",
        what: "offset an invoice",
        what_zh: "冲红",
        handler: || post_only(s15_offset::clear_out_invoice),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/queryinvoceinfo",
        section: "16",
        what: "an issued invoice, or why there is none",
        what_zh: "查询已开发票，或未开出的原因",
        handler: || post_only(s16_query::query_invoice_info),
    },
    Route {
        methods: "GET",
        path: "/invoice/pdf/{name}",
        section: "16",
        what: "an invoice's PDF (pdfurl)",
        what_zh: "发票 PDF（pdfurl）",
        handler: || get(documents::pdf),
    },
    Route {
        methods: "GET",
        path: "/invoice/svg/{name}",
        section: "16",
        what: "its first page as a picture",
        what_zh: "发票首页图片",
        handler: || get(documents::svg),
    },
    Route {
        methods: "GET",
        path: "/invoice/ofd/{name}",
        section: "16",
        what: "the OFD that an invoice brought from its issuer",
        what_zh: "开票方提供的发票 OFD",
        handler: || get(documents::ofd),
    },
    Route {
        methods: "GET",
        path: "/invoice/xml/{name}",
        section: "16",
        what: "the XML that an invoice brought from its issuer",
        what_zh: "开票方提供的发票 XML",
        handler: || get(documents::xml),
    },
    Route {
        methods: "GET POST",
        path: "/card/invoice/seturl",
        section: "platform",
        what: "the platform's own link, with its s_pappid",
        what_zh: "获取自身的开票平台识别码",
        handler: || any(cards::set_url),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/platform/createcard",
        section: "platform",
        what: "a card template",
        what_zh: "创建发票卡券模板",
        handler: || post_only(cards::create_card),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/insert",
        section: "platform",
        what: "put an invoice into a user's wallet",
        what_zh: "将电子发票插入用户卡包",
        handler: || post_only(insert::insert_invoice),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/platform/updatestatus",
        section: "platform",
        what: "an invoice that was cancelled elsewhere",
        what_zh: "更新发票卡券状态",
        handler: || post_only(platform_status::update_status),
    },
    Route {
        methods: "POST",
        path: "/card/code/decrypt",
        section: "platform",
        what: "the card's code behind an encrypt_code",
        what_zh: "解码卡券 code",
        handler: || post_only(cards::decrypt),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/platform/setpdf",
        section: "platform",
        what: "upload a PDF (multipart, field pdf)",
        what_zh: "上传 PDF（multipart，字段 pdf）",
        handler: || post_only(pdfs::set_pdf),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/platform/getpdf",
        section: "platform",
        what: "where an uploaded PDF can be read for two hours (action=get_url)",
        what_zh: "查询已上传的 PDF（action=get_url）",
        handler: || post_only(pdfs::get_pdf),
    },
    Route {
        methods: "GET",
        path: "/invoice/media/{name}",
        section: "platform",
        what: "an uploaded PDF (pdf_url)",
        what_zh: "已上传的 PDF（pdf_url）",
        handler: || get(pdfs::media),
    },
    Route {
        methods: "POST",
        path: "/nontax/getbillauthurl",
        section: "bills",
        what: "link of the page on which a user collects a fiscal receipt",
        what_zh: "获取领取财政电子票据的授权页链接",
        handler: || post_only(s02_auth_url::get_bill_auth_url),
    },
    Route {
        methods: "POST",
        path: "/nontax/createbillcard",
        section: "bills",
        what: "a card template of fiscal receipts",
        what_zh: "创建财政电子票据模板",
        handler: || post_only(cards::create_bill_card),
    },
    Route {
        methods: "POST",
        path: "/nontax/insertbill",
        section: "bills",
        what: "put a fiscal receipt into a user's wallet",
        what_zh: "将财政电子票据插入用户卡包",
        handler: || post_only(insert::insert_bill),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/reimburse/getinvoiceinfo",
        section: "reimburse",
        what: "an invoice that its user has chosen for the company",
        what_zh: "查询报销发票信息",
        handler: || post_only(read_invoice::get_invoice_info),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/reimburse/getinvoicebatch",
        section: "reimburse",
        what: "many of them",
        what_zh: "批量查询报销发票信息",
        handler: || post_only(read_invoice::get_invoice_batch),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/reimburse/updateinvoicestatus",
        section: "reimburse",
        what: "lock it, let go of it, write it off",
        what_zh: "更新发票状态（锁定、解锁、核销）",
        handler: || post_only(update_status::update_invoice_status),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/reimburse/updatestatusbatch",
        section: "reimburse",
        what: "the same to many, all or none",
        what_zh: "批量更新发票状态",
        handler: || post_only(update_status::update_status_batch),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/card/invoice/reimburse/getinvoiceinfo",
        section: "reimburse",
        what: "an invoice that its user has chosen for the company (WeCom's path)",
        what_zh: "查询报销发票信息（企业微信路径）",
        handler: || post_only(read_invoice::get_invoice_info),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/card/invoice/reimburse/getinvoiceinfobatch",
        section: "reimburse",
        what: "many of them (WeCom's path)",
        what_zh: "批量查询报销发票信息（企业微信路径）",
        handler: || post_only(read_invoice::get_invoice_batch),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/card/invoice/reimburse/updateinvoicestatus",
        section: "reimburse",
        what: "lock it, let go of it, write it off (WeCom's path)",
        what_zh: "更新发票状态（锁定、解锁、核销）（企业微信路径）",
        handler: || post_only(update_status::update_invoice_status),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/card/invoice/reimburse/updatestatusbatch",
        section: "reimburse",
        what: "the same to many, all or none (WeCom's path)",
        what_zh: "批量更新发票状态（企业微信路径）",
        handler: || post_only(update_status::update_status_batch),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/biz/getusertitleurl",
        section: "titles",
        what: "a link by which a user takes over a company's title",
        what_zh: "获取用户添加抬头的链接",
        handler: || post_only(title_links::get_user_title_url),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/biz/getselecttitleurl",
        section: "titles",
        what: "a link by which users pick one of their titles",
        what_zh: "获取用户选择抬头的链接",
        handler: || post_only(title_links::get_select_title_url),
    },
    Route {
        methods: "POST",
        path: "/card/invoice/scantitle",
        section: "titles",
        what: "the title behind a user's QR code",
        what_zh: "扫描抬头二维码，获取抬头",
        handler: || post_only(title_links::scan_title),
    },
    Route {
        methods: "GET",
        path: "/cgi-bin/getcallbackip",
        section: "utilities",
        what: "the addresses that pushes come from",
        what_zh: "推送服务器的出口 IP",
        handler: || get_only(addresses::get_callback_ip),
    },
    Route {
        methods: "GET",
        path: "/cgi-bin/get_api_domain_ip",
        section: "utilities",
        what: "the addresses of this server",
        what_zh: "API 服务器的 IP",
        handler: || get_only(addresses::get_api_domain_ip),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/callback/check",
        section: "utilities",
        what: "looks the callback's name up and calls it",
        what_zh: "检测推送地址（DNS、连通性）",
        handler: || post_only(callback_check::check_callback),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/clear_quota",
        section: "utilities",
        what: "forgets the day's counts, ten times a month",
        what_zh: "清空调用次数（每月 10 次）",
        handler: || post_only(quota::clear_quota),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/clear_quota/v2",
        section: "utilities",
        what: "the same by appid and secret, without a token",
        what_zh: "使用 AppSecret 清空调用次数（无需 access_token）",
        handler: || post_only(quota::clear_quota_by_secret),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/openapi/quota/clear",
        section: "utilities",
        what: "forgets the day's count of a path, fifty times a month",
        what_zh: "清空指定接口的调用次数（每月 50 次）",
        handler: || post_only(quota::clear_path_quota),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/openapi/quota/get",
        section: "utilities",
        what: "how often a path was called today",
        what_zh: "查询接口当日调用次数",
        handler: || post_only(quota::get_quota),
    },
    Route {
        methods: "POST",
        path: "/cgi-bin/openapi/rid/get",
        section: "utilities",
        what: "the refused request behind a rid",
        what_zh: "查询 rid 对应的请求",
        handler: || post_only(refused::get_rid),
    },
    Route {
        methods: "POST",
        path: "/pay/unifiedorder",
        section: "13",
        what: "a payment to be paid on a page",
        what_zh: "统一下单",
        handler: || pay(unified_order::unified_order),
    },
    Route {
        methods: "POST",
        path: "/pay/micropay",
        section: "13",
        what: "quick pay, by the payer's code",
        what_zh: "付款码支付",
        handler: || pay(micropay::micropay),
    },
    Route {
        methods: "POST",
        path: "/secapi/pay/reverse",
        section: "13",
        what: "take a quick payment back",
        what_zh: "撤销订单",
        handler: || pay(reverse::reverse),
    },
    Route {
        methods: "POST",
        path: "/pay/pappayapply",
        section: "13",
        what: "a payment on behalf, by the payer's contract",
        what_zh: "申请扣款（委托代扣）",
        handler: || pay(pap_pay_apply::pap_pay_apply),
    },
    Route {
        methods: "POST",
        path: "/pay/partner/pappayapply",
        section: "13",
        what: "the same for a sub-merchant",
        what_zh: "申请扣款（服务商）",
        handler: || pay(pap_pay_apply::partner_pap_pay_apply),
    },
    Route {
        methods: "POST",
        path: "/pay/paporderquery",
        section: "13",
        what: "where a payment on behalf stands",
        what_zh: "查询扣款订单",
        handler: || pay(order_query::order_query),
    },
    Route {
        methods: "POST",
        path: "/pay/partner/paporderquery",
        section: "13",
        what: "the same for a sub-merchant",
        what_zh: "查询扣款订单（服务商）",
        handler: || pay(order_query::partner_order_query),
    },
    Route {
        methods: "POST",
        path: "/pay/orderquery",
        section: "13",
        what: "where a payment stands",
        what_zh: "查询订单",
        handler: || pay(order_query::order_query),
    },
    Route {
        methods: "POST",
        path: "/pay/closeorder",
        section: "13",
        what: "give up a payment that nobody paid",
        what_zh: "关闭订单",
        handler: || pay(close_order::close_order),
    },
    Route {
        methods: "POST",
        path: "/secapi/pay/refund",
        section: "13",
        what: "give a payment back, whole or in part",
        what_zh: "申请退款",
        handler: || pay(refund::refund),
    },
    Route {
        methods: "POST",
        path: "/pay/refundquery",
        section: "13",
        what: "the refunds of a payment",
        what_zh: "查询退款",
        handler: || pay(refund_query::refund_query),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/accounts",
        section: "admin",
        what: "accounts by appid (limit=, after=)",
        what_zh: "账号列表（limit=、after=）",
        handler: || get(accounts::list_accounts),
    },
    Route {
        methods: "PUT",
        path: "/admin/v1/accounts/{appid}",
        section: "admin",
        what: "add or change an account",
        what_zh: "新增或修改账号",
        handler: || put(accounts::put_account),
    },
    Route {
        methods: "PUT",
        path: "/admin/v1/accounts/{appid}/callback",
        section: "admin",
        what: "where an account receives pushes",
        what_zh: "账号的推送接收地址",
        handler: || put(callbacks::put_callback),
    },
    Route {
        methods: "POST",
        path: "/admin/v1/accounts/{appid}/callback/put-back",
        section: "admin",
        what: "the callback before one that stood in for it",
        what_zh: "恢复被临时替换的推送地址",
        handler: || post(callbacks::put_callback_back),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/pay-merchants",
        section: "admin",
        what: "pay merchants by mchid (limit=, after=)",
        what_zh: "支付商户列表（limit=、after=）",
        handler: || get(pay_merchants::list_pay_merchants),
    },
    Route {
        methods: "PUT",
        path: "/admin/v1/pay-merchants/{mchid}",
        section: "admin",
        what: "add or change a pay merchant",
        what_zh: "新增或修改支付商户",
        handler: || put(pay_merchants::put_pay_merchant),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/payments",
        section: "admin",
        what: "a pay merchant's payments (mchid=, from_ms=, state=, user=)",
        what_zh: "支付商户的支付单（mchid=、from_ms=、state=、user=）",
        handler: || get(payments::list_payments),
    },
    Route {
        methods: "GET PUT",
        path: "/admin/v1/payments/{mchid}/{out_trade_no}",
        section: "admin",
        what: "a payment and its invoice entry; report one made elsewhere",
        what_zh: "支付单及其开票入口；上报在别处完成的支付",
        handler: || get(payments::get_payment).put(payments::put_payment),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/pushes",
        section: "admin",
        what: "pushes and their attempts (appid=, order_id=, state=)",
        what_zh: "推送及其投递记录（appid=、order_id=、state=）",
        handler: || get(pushes::list_pushes),
    },
    Route {
        methods: "POST",
        path: "/admin/v1/pushes/{id}/replay",
        section: "admin",
        what: "send a push again",
        what_zh: "重新推送",
        handler: || post(pushes::replay_push),
    },
    Route {
        methods: "POST",
        path: "/admin/v1/pushes/replay",
        section: "admin",
        what: "sends an account's failed pushes again, those since a moment",
        what_zh: "重发某账号自某时起失败的推送",
        handler: || post(pushes::replay_failed_pushes),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/requests",
        section: "admin",
        what: "what was asked and answered, newest first (appid=, route=, errcode=, order_id=, rid= …)",
        what_zh: "请求日志，最新的在前（appid=、route=、errcode=、order_id=、rid= …）",
        handler: || get(requests::list_requests),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/requests/{rid}",
        section: "admin",
        what: "a request with its bodies, and why it was refused",
        what_zh: "一次请求的完整内容及其被拒原因",
        handler: || get(requests::get_request),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/accounts/{appid}/numbers",
        section: "admin",
        what: "a merchant's ranges of invoice numbers, with their gaps",
        what_zh: "商户的发票号段及缺号",
        handler: || get(numbers::list_numbers),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/orders",
        section: "admin",
        what: "a merchant's orders (appid=, order_id=, from_ms=, state=, user=)",
        what_zh: "商户的订单（appid=、order_id=、from_ms=、state=、user=）",
        handler: || get(orders::list_orders),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/invoices",
        section: "admin",
        what: "a merchant's invoice requests (appid=, fpqqlsh=, from_ms=, state=, buyer= …)",
        what_zh: "商户的开票请求（appid=、fpqqlsh=、from_ms=、state=、buyer= …）",
        handler: || get(invoices::list_invoices),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/inserted-invoices",
        section: "admin",
        what: "invoices that platforms inserted for a merchant's orders (appid=, order_id=, number= …)",
        what_zh: "开票平台插入的发票（appid=、order_id=、number= …）",
        handler: || get(inserted_invoices::list),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/jobs",
        section: "admin",
        what: "what is still to be done, and what failed (queue=, appid=, state=)",
        what_zh: "待处理与失败的任务（queue=、appid=、state=）",
        handler: || get(jobs::list_jobs),
    },
    Route {
        methods: "POST",
        path: "/admin/v1/jobs/{id}/run",
        section: "admin",
        what: "run a job again that failed",
        what_zh: "重新执行失败的任务",
        handler: || post(jobs::run_job),
    },
    Route {
        methods: "GET PUT",
        path: "/admin/v1/log",
        section: "admin",
        what: "what is logged (filter); change it while the server runs",
        what_zh: "查看或在运行时更改日志过滤条件（filter）",
        handler: || get(log::get_log).put(log::put_log),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/console-users",
        section: "admin",
        what: "who may log in to the console (limit=, after=)",
        what_zh: "控制台用户（limit=、after=）",
        handler: || get(console_users::list_users),
    },
    Route {
        methods: "PUT DELETE",
        path: "/admin/v1/console-users/{name}",
        section: "admin",
        what: "add, change or remove a user of the console",
        what_zh: "添加、修改或删除控制台用户",
        handler: || put(console_users::put_user).delete(console_users::remove_user),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/users/{id}/messages",
        section: "admin",
        what: "a user's service messages (limit=, after=)",
        what_zh: "用户的服务消息（limit=、after=）",
        handler: || get(users::list_messages),
    },
    Route {
        methods: "GET",
        path: "/admin/v1/users/{id}/titles",
        section: "admin",
        what: "a user's title book (limit=, after=)",
        what_zh: "用户的发票抬头（limit=、after=）",
        handler: || get(users::list_titles),
    },
    Route {
        methods: "GET",
        path: probe_paths::HEALTH,
        section: "health",
        what: "whether the store takes commits: 200 or 503",
        what_zh: "存储能否写入：200 或 503",
        handler: || get(health::health),
    },
    Route {
        methods: "GET",
        path: probe_paths::READY,
        section: "health",
        what: "whether requests should be sent here: 200 or 503",
        what_zh: "是否应向本服务发送请求：200 或 503",
        handler: || get(health::ready),
    },
    Route {
        methods: "GET",
        path: probe_paths::METRICS,
        section: "health",
        what: "metrics for Prometheus; in production with the admin token",
        what_zh: "Prometheus 指标；生产模式下需管理令牌",
        handler: || get(metrics::metrics),
    },
    Route {
        methods: "GET",
        path: "/openapi.json",
        section: "reference",
        what: "every JSON endpoint of this server as OpenAPI 3.1",
        what_zh: "全部 JSON 接口的 OpenAPI 3.1 描述",
        handler: || get(serve::openapi),
    },
    Route {
        methods: "GET",
        path: "/sandbox/v1/accounts",
        section: "sandbox",
        what: "demo accounts, users, openids, admin token",
        what_zh: "示例账号、用户、openid、管理令牌",
        handler: || get(demo::accounts),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/authorize",
        section: "sandbox",
        what: "a user answers without a browser",
        what_zh: "不用浏览器，代用户作答",
        handler: || post(controls::authorize),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/choose-invoice",
        section: "sandbox",
        what: "a user chooses invoices for a company without a browser",
        what_zh: "不用浏览器，代用户选择报销发票",
        handler: || post(controls::choose_invoice),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/pay",
        section: "sandbox",
        what: "a user pays without a browser",
        what_zh: "不用浏览器，代用户支付",
        handler: || post(controls::pay),
    },
    Route {
        methods: "GET",
        path: "/sandbox/v1/messages",
        section: "sandbox",
        what: "service messages of a user (user=…, limit=, after=)",
        what_zh: "用户的服务消息（user=…、limit=、after=）",
        handler: || get(controls::messages),
    },
    Route {
        methods: "GET POST",
        path: "/sandbox/v1/clock",
        section: "sandbox",
        what: "what the clock shows; move, set, scale or stop it",
        what_zh: "查看时钟，或拨快、设定、变速、停住时钟",
        handler: || get(clock::clock).post(clock::change_clock),
    },
    Route {
        methods: "GET POST",
        path: "/sandbox/v1/namespaces",
        section: "sandbox",
        what: "the name spaces; make one: accounts and users of its own",
        what_zh: "查看或新建命名空间：各有一套账号与用户",
        handler: || get(name_spaces::name_spaces).post(name_spaces::create),
    },
    Route {
        methods: "DELETE",
        path: "/sandbox/v1/namespaces/{name}",
        section: "sandbox",
        what: "remove a name space with all that it has",
        what_zh: "删除命名空间及其全部数据",
        handler: || delete(name_spaces::remove),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/namespaces/{name}/reset",
        section: "sandbox",
        what: "a name space as at its first start, also one that cannot be opened",
        what_zh: "重置指定的命名空间，无法打开的也可以",
        handler: || post(snapshots::reset_of),
    },
    Route {
        methods: "GET",
        path: "/sandbox/v1/namespaces/{name}/snapshots",
        section: "sandbox",
        what: "a name space's snapshots",
        what_zh: "查看指定命名空间的快照",
        handler: || get(snapshots::snapshots_of),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/namespaces/{name}/snapshots/{snapshot}/restore",
        section: "sandbox",
        what: "make a name space what it was, also one that cannot be opened",
        what_zh: "将指定的命名空间恢复到快照，无法打开的也可以",
        handler: || post(snapshots::restore_of),
    },
    Route {
        methods: "GET POST",
        path: "/sandbox/v1/snapshots",
        section: "sandbox",
        what: "this name space's snapshots; save one by name",
        what_zh: "查看或保存当前命名空间的快照",
        handler: || get(snapshots::snapshots).post(snapshots::save),
    },
    Route {
        methods: "DELETE",
        path: "/sandbox/v1/snapshots/{name}",
        section: "sandbox",
        what: "remove a snapshot",
        what_zh: "删除快照",
        handler: || delete(snapshots::forget),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/snapshots/{name}/restore",
        section: "sandbox",
        what: "make this name space what it was, clock included",
        what_zh: "恢复到快照（时钟一并恢复）",
        handler: || post(snapshots::restore),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/reset",
        section: "sandbox",
        what: "this name space as at its first start",
        what_zh: "重置当前命名空间",
        handler: || post(snapshots::reset),
    },
    Route {
        methods: "POST",
        path: "/sandbox/v1/users",
        section: "sandbox",
        what: "add a person",
        what_zh: "新增用户",
        handler: || post(controls::users),
    },
    Route {
        methods: "GET POST DELETE",
        path: "/sandbox/v1/faults",
        section: "sandbox",
        what: "what goes wrong: calls, tokens, quotas, issuer, documents, pushes",
        what_zh: "查看、设定或清除故障：接口、token、额度、开票方、版式文件、推送",
        handler: || get(faults::faults).post(faults::plan_fault).delete(faults::forget_faults),
    },
    Route {
        methods: "GET",
        path: "/sandbox/v1/wait",
        section: "sandbox",
        what: "wait until something has happened to an order (order_id=…, event=…)",
        what_zh: "等待订单的某个事件发生（order_id=…、event=…）",
        handler: || get(wait::wait),
    },
];

/// What the paths of the calls that accounts make begin with.
pub const CALL_PREFIXES: [&str; 3] = ["/card/", "/cgi-bin/", "/nontax/"];

/// The paths of the calls that accounts make.
pub fn call_paths() -> impl Iterator<Item = &'static str> {
    let calls = ROUTES.iter().filter(|route| route.api() == Api::Merchant).map(|route| route.path);
    calls.filter(|path| CALL_PREFIXES.iter().any(|prefix| path.starts_with(prefix)))
}

/// The paths at which the sandbox's faults can strike a call.
pub fn struck_paths() -> impl Iterator<Item = CallPath> {
    let whose = |route: &Route| match (route.api(), route.section) {
        (Api::Pay, _) => Some(Whose::PayMerchants),
        (Api::Merchant, "health" | "reference") | (Api::Admin | Api::Sandbox, _) => None,
        (Api::Merchant, _) if route.path.starts_with("/invoice/") => Some(Whose::Anybody),
        (Api::Merchant, "platform" | "bills") => Some(Whose::Platforms),
        (Api::Merchant, _) => Some(Whose::Accounts),
    };
    ROUTES.iter().filter_map(move |route| Some(CallPath { path: route.path, whose: whose(route)? }))
}

/// The routes of one part of the API.
pub(crate) fn routes_of(api: Api) -> Router<Server> {
    let own = ROUTES.iter().filter(|route| route.api() == api);
    own.fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
}

/// Where clients that are set to the published sandbox call; only the key that getsignkey gives signs there.
const SANDBOX_PREFIXES: [&str; 2] = ["/xdc/apiv2sandbox", "/sandboxnew"];
const SIGN_KEY_PATHS: [&str; 2] =
    ["/xdc/apiv2getsignkey/sign/getsignkey", "/sandboxnew/pay/getsignkey"];

/// WeChat Pay's calls: with the pay merchant's own key, and under the published sandbox's prefixes, with and without
/// `secapi/`, with the other one.
pub(crate) fn pay_routes() -> Router<Server> {
    let own = routes_of(Api::Pay);
    let own = SIGN_KEY_PATHS
        .into_iter()
        .fold(own, |router, path| router.route(path, pay(sign_key::sign_key)));
    let mut sandbox = Router::new();
    for route in ROUTES.iter().filter(|route| route.api() == Api::Pay) {
        let path = route.path.trim_start_matches("/secapi");
        for (prefix, middle) in SANDBOX_PREFIXES.into_iter().flat_map(|p| [(p, ""), (p, "/secapi")])
        {
            sandbox = sandbox.route(&format!("{prefix}{middle}{path}"), (route.handler)());
        }
    }
    let sandbox = sandbox.layer(Extension(PayKey::Sandbox));
    let unknown = ["/pay/{*rest}", "/secapi/{*rest}", "/xdc/{*rest}", "/sandboxnew/{*rest}"];
    let router = unknown
        .into_iter()
        .fold(own.merge(sandbox), |router, path| router.route(path, any(unknown_call)));
    router.layer(CatchPanicLayer::custom(panicked))
}

/// A call of WeChat Pay; other methods are answered REQUIRE_POST_METHOD.
fn pay<T: 'static>(handler: impl Handler<T, Server>) -> MethodRouter<Server> {
    post(handler).fallback(pay_call::require_post)
}

/// Other methods are answered 43001.
fn get_only<T: 'static>(handler: impl Handler<T, Server>) -> MethodRouter<Server> {
    get(handler).fallback(require_get)
}

/// Other methods are answered 43002.
fn post_only<T: 'static>(handler: impl Handler<T, Server>) -> MethodRouter<Server> {
    post(handler).fallback(require_post)
}
