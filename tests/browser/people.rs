//! The user's own pages: the title book, the messages, the language.

use crate::harness::{Browser, DESK, Look, PHONE};
use kaipiao_tests::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_added_edited_preferred_and_deleted() {
    let server = TestServer::start();
    for look in [PHONE, Look { scripts: false, ..DESK }] {
        let browser = Browser::open(look).await;
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        browser.go(&format!("{}/me/titles", server.base)).await;
        browser.submit("[value='lina']").await;
        let name = format!("新公司 <{}>", look.width);

        browser.press(says("添加单位抬头", "Add a company")).await;
        browser.press(says("保存", "Save")).await;
        browser.says(says("请填写单位名称", "Please fill in: Company name")).await;
        browser.fill("company.title", &name).await;
        browser.fill("company.tax_no", "91440300MA5KP0001N").await;
        browser.shoot("title-new").await;
        browser.press(says("保存", "Save")).await;
        browser.until("it is in the book", async || browser.text().await.contains(&name)).await;

        // The newest is the last; it becomes the default, and so the first.
        let last = ".card:nth-last-of-type(1)";
        browser.submit(&format!("{last} form[action$='/default'] button")).await;
        let first = async || browser.find(".card").await.text().await.unwrap();
        browser.until("it comes first", async || first().await.contains(&name)).await;
        assert!(first().await.contains(says("默认", "Default")));
        browser.shoot("titles").await;

        browser.submit(".card a").await;
        assert_eq!(browser.filled("company.tax_no").await, "91440300MA5KP0001N");
        browser.shoot("title-edit").await;
        browser.fill("company.tax_no", "110109500321654").await;
        browser.press(says("保存", "Save")).await;
        browser.until("it is changed", async || first().await.contains("110109500321654")).await;

        browser.click(".card summary").await;
        browser.press(says("确认删除", "Yes, delete")).await;
        browser.until("it is gone", async || !browser.text().await.contains(&name)).await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_can_be_chosen_and_stays() {
    let server = TestServer::start();
    let browser = Browser::open(PHONE).await;
    browser.go(&format!("{}/me/messages", server.base)).await;
    browser.submit("[value='lina']").await;
    browser.says("暂无消息").await;
    browser.shoot("messages-none").await;
    browser.press("English").await;
    browser.says("There are none").await;
    browser.shoot("messages-none").await;
    browser.go(&format!("{}/me/titles", server.base)).await;
    browser.says("My titles").await;
    browser.press("中文").await;
    browser.says("我的抬头").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_home_page_and_the_notices_hinder_nobody() {
    let server = TestServer::start();
    let production = TestServer::start_with("mode = \"production\"");
    for look in [DESK, PHONE] {
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/", server.base)).await;
        browser.says("curl 'http://").await;
        browser.shoot("home").await;
        browser.go(&format!("{}/me/titles", server.base)).await;
        browser.submit("[value='lina']").await;
        browser.go(&format!("{}/me/titles/none", server.base)).await;
        browser.shoot("notice-no-title").await;
        browser.go(&format!("{}/me/titles", production.base)).await;
        browser.shoot("notice-login").await;
        browser.close().await;
    }
}
