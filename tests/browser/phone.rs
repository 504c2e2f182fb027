//! The sandbox's phone: all three flows with yes, no and leaving on a phone in Chinese, each end once on a desktop in
//! English, by day and by night, and once without scripts.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, MOBILE_APP, Receiver, TestServer, USER, element};

const APPS: [(&str, &str); 3] = [("web", MERCHANT), ("wxa", MINI_PROGRAM), ("app", MOBILE_APP)];
/// A desktop in Chinese whose browser runs no scripts.
const PLAIN: Look = Look { scripts: false, lang: "zh-CN", ..DESKTOP };

struct Play<'a> {
    browser: &'a Browser,
    lang: &'static str,
}

impl Play<'_> {
    fn says(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.lang == "en" { en } else { zh }
    }

    /// From the server's home page to the phone's.
    async fn takes_phone(&self, server: &TestServer) {
        self.browser.go(&server.base).await;
        self.browser.press(self.says("打开手机", "Open the phone")).await;
        self.browser.submit(&format!("[value='{USER}']")).await;
        self.browser.find(".wall").await;
    }

    /// From the home screen to the authorization page of a new order: the order's number.
    async fn ask(&self, source: &str) -> String {
        self.browser.submit(".home-key").await;
        self.browser.submit(&format!("a[href='/phone/apps/{source}']")).await;
        self.browser.press(self.says("申请开票", "Apply for invoice")).await;
        self.browser.find(".app-bar.wechat").await;
        self.panel("asked", ".facts div:last-child dd").await
    }

    async fn panel(&self, panel: &str, css: &str) -> String {
        let css = format!(".panel-card.{panel} {css}");
        loop {
            // A page that looks by itself may just be replaced; the next one has the panel too.
            if let Ok(text) = self.browser.find(&css).await.text().await {
                return text;
            }
        }
    }

    /// What the app was handed, as the page shows it.
    async fn handed(&self) -> String {
        self.panel("returned", "pre").await
    }

    /// Waits until the page, which looks by itself, says so.
    async fn panel_says(&self, panel: &str, words: &str) {
        self.browser.until(words, async || self.panel(panel, "").await.contains(words)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_flows_are_played_on_the_phone_with_yes_no_and_leaving() {
    for look in [PHONE, DESKTOP] {
        let (server, receiver) = (TestServer::start(), Receiver::start());
        server.set_callback(MERCHANT, &receiver, "plain");
        let browser = Browser::open(look).await;
        let play = Play { browser: &browser, lang: look.lang };
        play.takes_phone(&server).await;
        browser.shoot("phone-home").await;
        let is_whole = look.lang == PHONE.lang;
        for (source, appid) in APPS {
            if is_whole || source == "web" {
                leaves(&play, source).await;
            }
            if is_whole || source == "wxa" {
                says_no(&play, source, appid, &receiver).await;
            }
            if is_whole || source == "app" {
                says_yes(&play, source, appid, &receiver).await;
            }
        }
        server.all_completed();
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_is_played_without_scripts() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.set_callback(MERCHANT, &receiver, "plain");
    let browser = Browser::open(PLAIN).await;
    let play = Play { browser: &browser, lang: PLAIN.lang };
    play.takes_phone(&server).await;
    leaves(&play, "wxa").await;
    says_no(&play, "web", MERCHANT, &receiver).await;
    says_yes(&play, "app", MOBILE_APP, &receiver).await;
    server.all_completed();
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_is_played_by_keyboard() {
    let server = TestServer::start();
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/login?next=/phone", server.base)).await;
    browser.submit(&format!("[value='{USER}']")).await;
    // Into an app, to the page and out of it; again, and no; back to the app, where no callback is told of.
    for css in [
        "a[href='/phone/apps/app']",
        ".shop .primary",
        ".app-bar.wechat a",
        ".shop .primary",
        "[value='decline']",
        ".actions .primary",
    ] {
        browser.find(css).await;
        browser.enters(css).await;
    }
    browser.says("No callback URL").await;
    browser.shoot("phone-no-callback").await;
    browser.enters(".home-key").await;
    browser.find(".wall").await;
    browser.close().await;
}

/// Crosses the page out: nothing is pushed, and only a kit tells its app.
async fn leaves(play: &Play<'_>, source: &str) {
    let browser = play.browser;
    let order_id = play.ask(source).await;
    if source == "web" {
        browser.shoot("phone-page").await;
    }
    browser.submit(".app-bar.wechat a").await;
    browser.find(&format!(".shop.{source}")).await;
    let returned = play.panel("returned", "").await;
    match source {
        "web" => assert!(returned.contains(play.says("收不到任何通知", "is told nothing"))),
        "wxa" => {
            let object = format!("{{\"errCode\":-2,\"wxOrderId\":\"{order_id}\"}}");
            assert_eq!(play.handed().await, object);
        }
        _ => assert!(returned.contains("-2"), "{returned}"),
    }
    play.panel_says("pushed", play.says("还没有事件", "No event yet")).await;
    play.panel_says("status", "never auth").await;
    // The other screens of who has left differ in their words alone.
    if source == "web" {
        browser.shoot("phone-left").await;
    }
}

async fn says_no(play: &Play<'_>, source: &str, appid: &str, receiver: &Receiver) {
    let browser = play.browser;
    let order_id = play.ask(source).await;
    browser.press(play.says("暂不开票", "Not now")).await;
    comes_back(play, source, appid).await;
    assert_eq!(play.handed().await, handed(&order_id, source, appid, -4, browser).await);
    play.panel_says("pushed", play.says("已送达", "Delivered")).await;
    let event = receiver.next().event(MERCHANT);
    assert_eq!(element(&event, "FailOrderId").unwrap(), order_id);
    assert_eq!(play.panel("pushed", "pre").await.replace('\n', ""), event);
    play.panel_says("status", "never auth").await;
    if source == "wxa" {
        browser.shoot("phone-no").await;
    }
}

async fn says_yes(play: &Play<'_>, source: &str, appid: &str, receiver: &Receiver) {
    let browser = play.browser;
    let order_id = play.ask(source).await;
    browser.fill("company.title", "深圳市海风贸易有限公司").await;
    browser.press(play.says("申请开票", "Apply for invoice")).await;
    if source != "web" {
        browser.shoot(&format!("phone-{source}-done")).await;
    }
    comes_back(play, source, appid).await;
    assert_eq!(play.handed().await, handed(&order_id, source, appid, 0, browser).await);
    // The page looks by itself until the invoice is there.
    browser.find(".panel-card.invoice .ticket").await;
    browser
        .until("both events have arrived", async || {
            let words = play.says("已送达", "Delivered");
            browser.text().await.matches(words).count() == 2
        })
        .await;
    let event = receiver.next().event(MERCHANT);
    assert_eq!(element(&event, "SuccOrderId").unwrap(), order_id);
    assert_eq!(element(&event, "AuthorizeAppId").unwrap(), appid);
    assert_eq!(element(&event, "Source").unwrap(), source);
    assert_eq!(play.panel("pushed", "pre").await.replace('\n', ""), event);
    receiver.next();
    let status = play.panel("status", "pre").await;
    assert!(status.contains("auth success") && status.contains("海风贸易"), "{status}");
    // The other apps' screens differ in their words alone.
    if source == "app" {
        browser.shoot("phone-app-yes").await;
        browser.goes_dark().await;
        browser.shoot("phone-app-yes-dark").await;
        browser.goes_light().await;
    }
    browser.submit(".panel-card.invoice .ticket").await;
    browser.find(".face img").await;
    browser.go(&format!("{}/phone", origin(browser).await)).await;
}

/// From WeChat's page to the app: a web page is sent on by the page itself, the others by its button, which names
/// the link that the app's own scheme would have.
async fn comes_back(play: &Play<'_>, source: &str, appid: &str) {
    if source != "web" {
        let shows_link = play.browser.text().await.contains(&format!("{appid}://invoice?errCode="));
        assert_eq!(shows_link, source == "app");
        play.browser.press(play.says("返回商家", "Back to the merchant")).await;
    }
    play.browser.find(&format!(".shop.{source}")).await;
}

async fn handed(order: &str, source: &str, appid: &str, code: i32, browser: &Browser) -> String {
    match source {
        "web" => {
            let origin = origin(browser).await;
            format!("{origin}/phone/orders/{order}?order_id={order}&errcode={code}")
        }
        "wxa" => format!("{{\"errCode\":{code},\"wxOrderId\":\"{order}\"}}"),
        _ => format!("{appid}://invoice?errCode={code}&wxOrderId={order}"),
    }
}

async fn origin(browser: &Browser) -> String {
    let address = browser.address().await;
    let (scheme, rest) = address.split_once("://").unwrap();
    format!("{scheme}://{}", rest.split('/').next().unwrap())
}
