//! The user's own pages: the title book, the messages, the language.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{TestServer, USER, assert_sucesss};

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_added_edited_preferred_and_deleted() {
    let server = TestServer::start();
    for look in [PHONE, Look { scripts: false, ..DESKTOP }] {
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

/// From the merchant's link to the invoice in the hand: authorize, look into the wallet, open the
/// card, go to the PDF; and once the merchant has offset it, see that it is void.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_found_in_the_wallet_and_opened() {
    for look in [PHONE, DESKTOP, Look { scripts: false, lang: "en", ..PHONE }] {
        let server = TestServer::start();
        let client = server.merchant();
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/me/cards", server.base)).await;
        browser.submit(&format!("[value='{USER}']")).await;
        browser.says(says("还没有发票", "There are no invoices yet")).await;
        browser.shoot("cards-none").await;

        let mut asked = client.asked("1", 0);
        asked["redirect_url"] = serde_json::json!("");
        let link = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
        browser.go(&link).await;
        browser.submit(".primary[value='authorize']").await;
        browser.press(says("查看卡包", "See my Cards")).await;
        browser.says(says("还没有发票", "There are no invoices yet")).await;
        assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
        let blue = client.result("A1")["invoicedetail"].clone();
        client.issued("2", "A2");
        browser.go(&link).await;
        browser.says(says("发票已开具", "Your invoice is issued")).await;
        browser.shoot("answered-issued").await;

        browser.go(&format!("{}/me/cards", server.base)).await;
        browser.says("159.00").await;
        browser.submit(".tickets li:last-child a").await;
        browser.says(blue["fphm"].as_str().unwrap()).await;
        let width = browser.find(".face img").await.prop("naturalWidth").await.unwrap();
        assert!(width.is_some_and(|width| width != "0"), "the face is not shown");
        browser.shoot("card").await;
        let pdf = browser.find("a.primary").await.attr("href").await.unwrap().unwrap();
        assert_eq!(format!("{}{pdf}", server.base), blue["pdfurl"].as_str().unwrap());
        assert!(server.get_raw_bytes(&format!("{}{pdf}", server.base)).starts_with(b"%PDF-"));

        assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
        client.result("A1r");
        browser.press(says("返回卡包", "Back to Cards")).await;
        browser.says(says("已冲红", "Cancelled")).await;
        browser.shoot("cards").await;
        browser.submit(".ticket.void").await;
        browser.says(says("不再有效", "no longer valid")).await;
        browser.says(says("查看红字发票", "Open the red invoice")).await;
        browser.shoot("card-void").await;
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
    browser.says("You haven't any messages yet").await;
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
    for look in [DESKTOP, PHONE] {
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
