//! The authorization page: types, states, languages, with and without scripts. What was typed is
//! compared with the push and with getauthdata.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{
    Client, MERCHANT, MINI_PROGRAM, MOBILE_APP, OTHER_USER, Receiver, TestServer, USER, assert_ok,
    assert_sucesss, element,
};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A shop whose page asks for everything.
fn shop(server: &TestServer) -> Client<'_> {
    let client = server.merchant();
    let custom = |key: &str| json!([{"key": key, "is_require": 1, "notice": "如 A-001 <b>"}]);
    let fields = json!({"auth_field": {
        "user_field": {
            "show_title": 1, "show_phone": 1, "show_email": 1, "require_email": 1,
            "custom_field": custom("会员号"),
        },
        "biz_field": {
            "show_title": 1, "show_tax_no": 1, "require_tax_no": 1, "show_addr": 1,
            "show_phone": 1, "show_bank_type": 1, "show_bank_no": 1, "custom_field": custom("phone"),
        },
    }});
    assert_ok(&client.attribute("set_auth_field", &fields));
    client
}

fn link(client: &Client<'_>, order_id: &str, page_type: i64, change: Value) -> String {
    let mut asked = client.asked(order_id, page_type);
    asked["money"] = json!(15900);
    for (name, value) in change.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let answer = client.auth_url_answer(&asked);
    assert_ok(&answer);
    answer["auth_url"].as_str().unwrap().to_owned()
}

/// Opens a link as a demo user, who is chosen the first time.
async fn open_as(browser: &Browser, link: &str, user: &str) {
    browser.go(link).await;
    if browser.has("form[action='/login']").await {
        browser.submit(&format!("[value='{user}']")).await;
    }
}

/// Both languages on both, once with scripts and once without.
const LOOKS: [Look; 4] = [
    PHONE,
    DESKTOP,
    Look { scripts: false, lang: "en", ..PHONE },
    Look { scripts: false, lang: "zh-CN", ..DESKTOP },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_in_both_languages_with_scripts_on_and_off() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = shop(&server);
    server.set_callback(MERCHANT, &receiver, "safe");
    for (number, look) in LOOKS.into_iter().enumerate() {
        let browser = Browser::open(look).await;
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        for page_type in [0, 1, 2] {
            let order_id = format!("look{number}-{page_type}");
            let back = receiver.url();
            let link = link(&client, &order_id, page_type, json!({"redirect_url": back}));
            open_as(&browser, &link, USER).await;
            let text = browser.text().await;
            for part in ["开票示例商城", "159.00", &order_id, "2016-09-26 15:44", "开票示例平台"]
            {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(text.contains(says("授权后将提供", "What you share")), "{text}");
            if page_type == 1 {
                browser.fill("company.title", "测试<公司>\"&' 有限公司").await;
                browser.fill("company.tax_no", "91440300MA5KP0001N").await;
                browser.fill("company.addr", "").await;
                browser.fill("company.custom.phone", "工号 A-7").await;
            }
            browser.shoot(&format!("authorize-type{page_type}")).await;
            browser
                .press(match page_type {
                    2 => says("领取发票", "Collect invoice"),
                    _ => says("申请开票", "Apply for invoice"),
                })
                .await;
            let expected = format!("{}&order_id={order_id}&errcode=0", receiver.url());
            browser
                .until("the browser is back at the shop", async || {
                    browser.address().await == expected
                })
                .await;
            let event = receiver.next().event(MERCHANT);
            assert_eq!(element(&event, "SuccOrderId").unwrap(), order_id);
            let status = client.status(&order_id);
            assert_eq!(status["invoice_status"], "auth success");
            let typed = json!({"biz_field": {
                "title": "测试<公司>\"&' 有限公司", "tax_no": "91440300MA5KP0001N",
                "phone": "0755-80000001", "bank_type": "示例银行深圳分行",
                "bank_no": "6200000000000001",
                "custom_field": [{"key": "phone", "value": "工号 A-7"}],
            }});
            let info = if page_type == 1 { typed } else { Value::Null };
            assert_eq!(status["user_auth_info"], info);
        }
        browser.close().await;
    }
    server.all_completed();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let server = TestServer::start();
    let client = shop(&server);
    for look in [PHONE, Look { scripts: false, ..DESKTOP }] {
        let browser = Browser::open(look).await;
        let order_id = format!("wrong-{}", look.width);
        let no_redirect = json!({"redirect_url": ""});
        open_as(&browser, &link(&client, &order_id, 1, no_redirect), USER).await;
        // The individual's side, by its tab.
        browser.click("label[for='kind-personal']").await;
        browser.shoot("authorize-individual").await;
        browser.fill("personal.email", "not an address").await;
        browser.fill("personal.phone", "").await;
        browser.submit(".actions .primary").await;
        browser.find("[role='alert']").await;
        for (field, words) in [
            ("personal.email", ["格式不正确", "doesn't look right"]),
            ("personal.custom.会员号", ["请填写会员号", "Please fill in: 会员号"]),
        ] {
            let input = browser.field(field).await;
            assert_eq!(input.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
            let described = input.attr("aria-describedby").await.unwrap().unwrap();
            let text = browser.find(&format!("[id='{described}']")).await.text().await.unwrap();
            assert!(words.iter().any(|words| text.contains(words)), "{text}");
        }
        assert_eq!(browser.filled("personal.email").await, "not an address");
        // The page opens where something is wrong.
        assert_eq!(browser.focus().await, "personal.email");
        browser.shoot("authorize-wrong").await;
        // A title of the book fills the standard fields and leaves the merchant's own one.
        browser.fill("personal.custom.会员号", "M-1").await;
        browser.click(".book summary").await;
        browser.shoot("authorize-book").await;
        browser.press("上海示例贸易有限公司").await;
        assert_eq!(browser.filled("company.tax_no").await, "91310000MA5KP00027");
        assert_eq!(browser.filled("personal.custom.会员号").await, "M-1");
        browser.click(".book summary").await;
        browser.press("张伟").await;
        assert_eq!(browser.filled("personal.email").await, "zhangwei@example.com");
        assert_eq!(browser.filled("personal.custom.会员号").await, "M-1");
        // The new title goes into the book.
        browser.click("[name='save']").await;
        browser.fill("personal.title", &format!("张伟 {}", look.width)).await;
        browser.submit(".primary[value='authorize']").await;
        browser.until("the request is sent", async || browser.has(".mark.yes").await).await;
        let info = client.status(&order_id)["user_auth_info"]["user_field"].clone();
        assert_eq!(info["title"], format!("张伟 {}", look.width));
        assert_eq!(info["custom_field"], json!([{"key": "会员号", "value": "M-1"}]));
        browser.go(&format!("{}/me/titles", server.base)).await;
        assert!(browser.text().await.contains(&format!("张伟 {}", look.width)));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_in_a_field_gives_no_consent() {
    let server = TestServer::start();
    let client = shop(&server);
    for look in [PHONE, Look { scripts: false, ..DESKTOP }] {
        let browser = Browser::open(look).await;
        let order_id = format!("enter-{}", look.width);
        let link = link(&client, &order_id, 1, json!({"redirect_url": ""}));
        open_as(&browser, &link, USER).await;
        let before = browser.address().await;
        // Of a title that is complete: nothing but the key keeps it from being sent.
        browser.fill("company.custom.phone", "A-7").await;
        for name in ["company.title", "company.tax_no", "company.custom.phone", "save"] {
            browser.field(name).await.focus().await.unwrap();
            browser.keys("\u{e007}").await;
        }
        // A page that was left, whatever for, would not hold what was typed last.
        browser.fill("company.title", "最后填写").await;
        assert_eq!(browser.address().await, before);
        assert_eq!(client.status(&order_id)["invoice_status"], "never auth");
        browser.submit(".primary[value='authorize']").await;
        browser.until("the request is sent", async || browser.has(".mark.yes").await).await;
        let info = client.status(&order_id)["user_auth_info"]["biz_field"].clone();
        assert_eq!(info["title"], "最后填写");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_says_what_happened_and_what_to_do() {
    let server = TestServer::start_with("[authorization]\nlink_life_s = 1000");
    let client = shop(&server);
    let no_redirect = || json!({"redirect_url": ""});
    for look in [PHONE, DESKTOP] {
        let browser = Browser::open(look).await;
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let order = |name: &str| format!("{name}-{}", look.width);
        // Tabs beside each other are told apart by their titles.
        let titles = RefCell::new(BTreeSet::new());
        let shows = async |name: &str, words: &str| {
            browser.says(words).await;
            let title = browser.title().await;
            titles.borrow_mut().insert(title);
            browser.shoot(&format!("state-{name}")).await;
        };

        browser.go(&format!("{}/login?next=/me/titles", server.base)).await;
        browser.shoot("login").await;

        // Said no, thought it over, said yes; and once more.
        let declined = link(&client, &order("decline"), 0, no_redirect());
        open_as(&browser, &declined, USER).await;
        browser.press(says("暂不开票", "Not now")).await;
        shows("declined", says("已取消开票", "You chose not to get an invoice")).await;
        assert_eq!(client.status(&order("decline"))["invoice_status"], "never auth");
        browser.go(&declined).await;
        shows("declined-before", says("现在仍可继续", "you can still go ahead")).await;
        browser.submit(".actions .primary").await;
        shows("authorized", says("申请已提交", "Your request has been sent")).await;
        browser.go(&declined).await;
        shows("again", says("开票中", "Your invoice is on its way")).await;
        assert!(browser.text().await.contains("88888888"));

        // Leaving the page is no answer.
        let left = link(&client, &order("left"), 0, no_redirect());
        browser.go(&left).await;
        browser.go(&format!("{}/me/titles", server.base)).await;
        assert!(server.pushes(&format!("order_id={}", order("left"))).is_empty());

        let others = link(&client, &order("other"), 0, no_redirect());
        assert_eq!(server.answer(&others, OTHER_USER, "authorize", None).0, 200);
        browser.go(&others).await;
        shows("another", says("其他用户授权", "Another user has authorized")).await;
        // Somebody else's rejection tells nobody else its reason.
        assert_ok(&client.reject(&order("other")));
        browser.go(&others).await;
        shows("rejected-other", says("商家已拒绝开票", "The merchant has rejected")).await;
        assert!(!browser.text().await.contains("抬头有误"));

        // What became of an order stands on its page.
        for name in ["failed", "issued"] {
            let (order, serial) = (order(name), format!("{name}{}", look.width));
            let link = link(&client, &order, 0, no_redirect());
            assert_eq!(server.answer(&link, USER, "authorize", None).0, 200);
            if name == "failed" {
                server.fault(json!({"target": "issuer", "errcode": 73000}));
            }
            assert_sucesss(&client.make_out(&client.invoice(&order, &serial)));
            let blue = client.result(&serial)["invoicedetail"].clone();
            browser.go(&link).await;
            if name == "failed" {
                shows(name, says("开票失败", "could not be issued")).await;
                assert!(browser.has("a.tel[href='tel:88888888']").await);
                continue;
            }
            shows(name, says("发票已开具", "Your invoice has been issued")).await;
            assert_sucesss(&client.offset(&client.offset_of(&blue, &format!("{serial}r"))));
            client.result(&format!("{serial}r"));
            browser.go(&link).await;
            shows("taken-back", says("发票已冲红", "Your invoice was cancelled")).await;
        }

        assert_ok(&client.reject(&order("decline")));
        browser.go(&declined).await;
        shows("rejected", "抬头有误").await;
        let pushed = server.pushes(&format!("order_id={}", order("decline")));
        let body = pushed.last().unwrap()["body"].as_str().unwrap();
        assert_eq!(element(body, "FailOrderId").unwrap(), order("decline"));
        let onward = browser.find("a.primary").await.attr("href").await.unwrap();
        assert_eq!(onward.as_deref(), Some("http://xxx.com"));

        browser.go(&left.replace("m1=15900", "m1=1")).await;
        shows("tampered", says("链接无效", "This link isn't valid")).await;
        let old = link(&client, &order("old"), 1, no_redirect());
        server.advance_s(1001);
        browser.go(&old).await;
        shows("expired", says("链接已过期", "This link has expired")).await;

        browser.go(&format!("{}/me/messages", server.base)).await;
        shows("messages", says("开票申请被拒绝", "Invoice rejected")).await;
        for words in [
            says("发票已开具", "Invoice issued"),
            says("开票失败", "Invoice could not be issued"),
            says("发票已被商家冲红", "Invoice cancelled by the merchant"),
        ] {
            assert!(browser.text().await.contains(words), "{words}");
        }
        assert!(browser.has("a.tel[href='tel:88888888']").await);
        browser.submit(".more[href^='/me/cards/']").await;
        browser.find(".face img").await;
        let cancelled = browser.title().await;
        assert!(
            cancelled.starts_with(says("发票已冲红 · ", "Invoice cancelled · ")),
            "{cancelled}"
        );
        if look.width == PHONE.width {
            browser.goes_dark().await;
            browser.go(&format!("{}/me/messages", server.base)).await;
            browser.shoot("state-messages-dark").await;
            browser.go(&link(&client, &order("failed"), 0, no_redirect())).await;
            browser.shoot("state-failed-dark").await;
        }
        let titles = titles.into_inner();
        for state in [
            says("已取消开票", "No invoice"),
            says("已授权", "Authorized"),
            says("已由其他用户授权", "Authorized by another user"),
            says("开票中", "Invoice on its way"),
            says("开票失败", "Not issued"),
            says("发票已开具", "Invoice issued"),
            says("发票已冲红", "Invoice cancelled"),
            says("商家已拒绝开票", "Rejected"),
            says("链接已过期", "Link expired"),
        ] {
            let is_shown = titles.iter().any(|title| title.starts_with(&format!("{state} · ")));
            assert!(is_shown, "{state} is not among {titles:?}");
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn afterwards_each_source_is_led_where_it_belongs() {
    let (server, site) = (TestServer::start(), Receiver::start());
    shop(&server);
    let browser = Browser::open(PHONE).await;
    let play = async |appid: &str, source: &str, redirect_url: &str, button: &str| {
        let client = server.client(appid);
        let order_id = format!("{source}-{button}");
        let change = json!({"source": source, "redirect_url": redirect_url});
        let url = link(&client, &order_id, 0, change);
        let url = if source == "wxa" { format!("{}/{url}", server.base) } else { url };
        open_as(&browser, &url, USER).await;
        browser.submit(&format!(".actions .{button}")).await;
        order_id
    };
    for (button, errcode) in [("primary", 0), ("plain", -4)] {
        for source in ["web", "wap"] {
            let order_id = play(MERCHANT, source, &site.url(), button).await;
            let expected = format!("{}&order_id={order_id}&errcode={errcode}", site.url());
            browser.until("at the shop", async || browser.address().await == expected).await;
        }
        let order_id = play(MOBILE_APP, "app", "", button).await;
        browser.shoot(&format!("app-{button}")).await;
        let back = browser.find("a.primary").await.attr("href").await.unwrap().unwrap();
        let expected = format!("{MOBILE_APP}://invoice?errCode={errcode}&wxOrderId={order_id}");
        assert_eq!(back, expected);
        let order_id = play(MINI_PROGRAM, "wxa", "", button).await;
        browser.shoot(&format!("wxa-{button}")).await;
        assert!(
            browser.address().await.contains(&format!("&errCode={errcode}&wxOrderId={order_id}"))
        );
        let result = browser.find("#kaipiao-result").await.inner_html().await.unwrap();
        let result: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result, json!({"errCode": errcode, "wxOrderId": order_id}));
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_led_back_from_a_page_that_is_not_answered() {
    let server = TestServer::start();
    shop(&server);
    let app = server.client(MOBILE_APP);
    for look in [PHONE, Look { scripts: false, lang: "en", ..PHONE }] {
        let browser = Browser::open(look).await;
        let order_id = format!("unanswered-{}", look.lang);
        let url = link(&app, &order_id, 0, json!({"source": "app", "redirect_url": ""}));
        let back = async |err_code: i32| {
            let found = browser.find(".actions a").await.attr("href").await.unwrap().unwrap();
            let wanted = format!("{MOBILE_APP}://invoice?errCode={err_code}&wxOrderId={order_id}");
            assert_eq!(found, wanted);
        };
        open_as(&browser, &url, USER).await;
        browser.shoot("app-open").await;
        back(-2).await;
        assert!(server.pushes(&format!("order_id={order_id}")).is_empty());
        assert_eq!(server.answer(&url, OTHER_USER, "authorize", None).0, 200);
        browser.go(&url).await;
        browser.shoot("app-taken").await;
        back(-1).await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_is_enough() {
    let server = TestServer::start();
    let client = server.merchant();
    let browser = Browser::open(DESKTOP).await;
    let url = link(&client, "keys", 1, json!({"redirect_url": ""}));
    open_as(&browser, &url, USER).await;
    let tab = "\u{e004}";
    // summary, the radio group, the fields of a company, saving, yes.
    let mut seen = Vec::new();
    for _ in 0..6 {
        browser.keys(tab).await;
        seen.push(browser.focus().await);
    }
    assert_eq!(seen, ["", "kind", "company.title", "company.tax_no", "save", "decision"]);
    browser.keys("\u{e007}").await;
    browser.until("the request is sent", async || browser.has(".mark.yes").await).await;
    assert_eq!(client.status("keys")["invoice_status"], "auth success");
    browser.close().await;
}
