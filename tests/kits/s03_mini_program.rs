//! The section's call runs in Chromium over the kit's stand-in of wx, in the kit's own sample: its backend, its app.json,
//! its code. A person taps, answers on the real page, and comes back.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{MINI_PROGRAM, TestServer, USER, assert_ok};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What getauthurl answers as appid: the mini program that is opened.
const INVOICING: &str = "wx9db2c16d0633c2e7";

/// The sample's backend, as a process of its own, which serves the sample too.
struct Shop {
    process: Child,
    url: String,
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Shop {
    fn open(server: &TestServer) -> Self {
        // Whoever shows links has a contact.
        server.merchant();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut process = Command::new("node")
            .arg(root.join("clients/miniprogram/sample/server.mjs"))
            .envs([("KAIPIAO", &*server.base), ("PORT", "0")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed: cargo xtask test does it");
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned() }
    }
}

/// Taps for an order on the sample's page: its number, once there is a link to open.
async fn place_order(browser: &Browser, shop: &Shop) -> String {
    browser.go(&shop.url).await;
    browser.click("#order").await;
    let is_offered = async || browser.find("#open").await.is_enabled().await.unwrap();
    browser.until("the order has a link", is_offered).await;
    let path = browser.filled("auth_url").await;
    let (_, rest) = path.split_once("&o1=").unwrap();
    rest.split_once('&').unwrap().0.to_owned()
}

/// Taps for the invoice, and goes on in the window that opens.
async fn open_page(browser: &Browser) {
    browser.click_and_follow("#open").await;
    browser.find("main").await;
    if browser.has("form[action='/login']").await {
        browser.submit(&format!("[value='{USER}']")).await;
    }
}

/// What stands in a place of the sample's page: JSON.
async fn shown(browser: &Browser, place: &str) -> Value {
    let css = format!("#{place}");
    let text = async || browser.find(&css).await.text().await.unwrap();
    browser.until(place, async || !text().await.is_empty()).await;
    serde_json::from_str(&text().await).unwrap()
}

/// What the call's functions were called with, in their order.
async fn called_back(browser: &Browser) -> Vec<String> {
    let printed = async || browser.find("#printed").await.text().await.unwrap();
    browser.until("complete", async || printed().await.contains("complete")).await;
    printed().await.lines().map(str::to_owned).collect()
}

/// What the app was shown with, and what its backend then learned of the order.
async fn comes_back(browser: &Browser, order_id: &str, err_code: i64, outcome: &str) -> Value {
    let returned = shown(browser, "returned").await;
    let told = json!({"errCode": err_code, "wxOrderId": order_id, "outcome": outcome});
    assert_eq!(returned, told);
    shown(browser, "status").await
}

fn in_words_of<'a>(look: Look, zh: &'a str, en: &'a str) -> &'a str {
    if look.lang == "en" { en } else { zh }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sections_call_opens_the_page_and_the_app_is_shown_what_the_user_answered() {
    for look in [PHONE, DESKTOP] {
        let server = TestServer::start();
        let shop = Shop::open(&server);
        let browser = Browser::open(look).await;
        let says = |zh: &'static str, en: &'static str| in_words_of(look, zh, en);
        let back = says("返回小程序", "Back to the mini program");

        let order_id = place_order(&browser, &shop).await;
        open_page(&browser).await;
        browser.press(says("申请开票", "Apply for invoice")).await;
        browser.says(says("申请已提交", "Your request has been sent")).await;
        browser.says(back).await;
        browser.shoot("kit-wxa-authorized").await;
        browser.press_and_return(back).await;
        let status = comes_back(&browser, &order_id, 0, "authorized").await;
        assert_eq!(status["invoice_status"], "auth success");
        let title = &status["user_auth_info"]["biz_field"]["title"];
        assert!(!title.as_str().unwrap().is_empty(), "{status}");
        let ok = r#"{"errMsg":"navigateToMiniProgram:ok"}"#;
        let callbacks = ["success", "complete"];
        let expected = callbacks.map(|name| format!("navigateToMiniProgram {name}: {ok}"));
        assert_eq!(called_back(&browser).await, expected);
        browser.shoot("kit-wxa-sample").await;

        let order_id = place_order(&browser, &shop).await;
        open_page(&browser).await;
        browser.press(says("暂不开票", "Not now")).await;
        browser.says(back).await;
        browser.press_and_return(back).await;
        let status = comes_back(&browser, &order_id, -4, "declined").await;
        assert_eq!(status["invoice_status"], "never auth");

        // Nobody has answered, and nothing is pushed.
        let order_id = place_order(&browser, &shop).await;
        open_page(&browser).await;
        browser.says(&order_id).await;
        browser.close_window().await;
        let status = comes_back(&browser, &order_id, -2, "left").await;
        assert_eq!(status["invoice_status"], "never auth");
        assert!(server.pushes(&format!("order_id={order_id}")).is_empty());
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_answer_counts_however_the_window_is_closed() {
    let server = TestServer::start();
    let shop = Shop::open(&server);
    let browser = Browser::open(PHONE).await;
    // A no that is thought over.
    let order_id = place_order(&browser, &shop).await;
    let path = browser.filled("auth_url").await;
    assert_eq!(server.answer(&path, USER, "decline", None).0, 200);
    open_page(&browser).await;
    browser.says("现在仍可继续").await;
    browser.press("申请开票").await;
    browser.says("返回小程序").await;
    browser.close_window().await;
    let status = comes_back(&browser, &order_id, 0, "authorized").await;
    assert_eq!(status["invoice_status"], "auth success");

    // Opened again, the page says that it is authorized; so does the app's return.
    browser.click_and_follow("#open").await;
    browser.says("返回小程序").await;
    browser.close_window().await;
    comes_back(&browser, &order_id, 0, "authorized").await;
    browser.close().await;
}

/// Phones have lost what the invoicing mini program says, and even who has spoken.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_whose_return_is_lost_asks_for_every_order_that_is_open() {
    let server = TestServer::start();
    let shop = Shop::open(&server);
    let browser = Browser::open(PHONE).await;
    let earlier = place_order(&browser, &shop).await;
    let path = browser.filled("auth_url").await;
    browser.click("#order").await;
    let is_offered = async || browser.filled("auth_url").await != path;
    browser.until("the next order has a link", is_offered).await;
    // The earlier one is authorized elsewhere: in the wallet, or on another phone.
    let title =
        json!({"biz_field": {"title": "深圳市海风贸易有限公司", "tax_no": "91440300MA5F0000X1"}});
    assert_eq!(server.answer(&path, USER, "authorize", Some(title)).0, 200);
    browser
        .runs(
            "const app = getApp(); const onShow = app.onShow; \
             app.onShow = ({ path, query, scene }) => onShow.call(app, { path, query, scene });",
        )
        .await;
    open_page(&browser).await;
    browser.press("申请开票").await;
    browser.says("返回小程序").await;
    browser.press_and_return("返回小程序").await;
    assert_eq!(shown(&browser, "status").await["invoice_status"], "auth success");
    assert_eq!(shown(&browser, "others").await[&*earlier], "auth success");
    assert_eq!(browser.find("#returned").await.text().await.unwrap(), "");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_can_no_longer_be_answered_comes_back_as_failed() {
    let server = TestServer::start();
    let shop = Shop::open(&server);
    let browser = Browser::open(PHONE).await;
    let order_id = place_order(&browser, &shop).await;
    let path = browser.filled("auth_url").await;
    assert_eq!(server.answer(&path, USER, "decline", None).0, 200);
    assert_ok(&server.client(MINI_PROGRAM).reject(&order_id));
    open_page(&browser).await;
    browser.says("商家已拒绝开票").await;
    browser.says("返回小程序").await;
    browser.shoot("kit-wxa-rejected").await;
    browser.press_and_return("返回小程序").await;
    let status = comes_back(&browser, &order_id, -1, "failed").await;
    assert_eq!(status["invoice_status"], "reject insert");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_fails_in_the_platforms_words_and_the_helper_says_what_to_do() {
    let server = TestServer::start();
    let shop = Shop::open(&server);
    let browser = Browser::open(PHONE).await;
    let https = "https://mp.weixin.qq.com/bizmall/authinvoice?action=list";
    for (field, value, problem, advice) in [
        ("appid", MINI_PROGRAM, "invalid appid", "appId is your own (wx6b61697069616f34)"),
        (
            "appid",
            "wx1111111111111111",
            "appId \\\"wx1111111111111111\\\" is not in navigateToMiniProgramAppIdList",
            "",
        ),
        ("auth_url", https, "invalid path: it must be the auth_url", "path is an address"),
    ] {
        place_order(&browser, &shop).await;
        assert_eq!(browser.filled("appid").await, INVOICING);
        browser.fill(field, value).await;
        browser.click("#open").await;
        let mut lines = called_back(&browser).await;
        if !advice.is_empty() {
            assert!(lines.remove(0).starts_with(advice), "{lines:?}");
        }
        assert_eq!(lines.len(), 2, "{lines:?}");
        for (line, name) in lines.iter().zip(["fail", "complete"]) {
            let answer = r#"{"errMsg":"navigateToMiniProgram:fail"#;
            let expected = format!("navigateToMiniProgram {name}: {answer} {problem}");
            assert!(line.starts_with(&expected), "{line} is not {expected}");
        }
        assert_eq!(browser.windows().await, 1);
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_origin_that_was_named_is_told_so_ask_the_backend() {
    let server = TestServer::start();
    let shop = Shop::open(&server);
    let browser = Browser::open(PHONE).await;
    let order_id = place_order(&browser, &shop).await;
    let path = browser.filled("auth_url").await;
    browser.fill("auth_url", &format!("{path}&origin=http%3A%2F%2Fother.example")).await;
    open_page(&browser).await;
    browser.press("申请开票").await;
    browser.says("申请已提交").await;
    // The script has run; whom it has told nothing to, it does not offer a way back.
    assert!(browser.has("#kaipiao-back[hidden]").await);
    browser.close_window().await;
    let status = comes_back(&browser, &order_id, -2, "left").await;
    assert_eq!(status["invoice_status"], "auth success");
    browser.close().await;
}
