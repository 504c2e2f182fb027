//! The user's own pages: the title book, the messages, the language.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{ADMIN, MERCHANT, TestServer, USER, assert_sucesss};
use serde_json::json;

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
        browser.says(says("请填写抬头名称", "Please fill in: Company name")).await;
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
        browser.press(says("确认删除", "Delete it")).await;
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
        browser.says(says("还没有发票", "You haven't any invoices yet")).await;
        browser.shoot("cards-none").await;

        let mut asked = client.asked("1", 0);
        asked["redirect_url"] = json!("");
        let link = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
        browser.go(&link).await;
        browser.submit(".primary[value='authorize']").await;
        browser.press(says("查看卡包", "View my Cards")).await;
        browser.says(says("还没有发票", "You haven't any invoices yet")).await;
        assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
        let blue = client.result("A1")["invoicedetail"].clone();
        client.issued("2", "A2");
        browser.go(&link).await;
        browser.says(says("发票已开具", "Your invoice has been issued")).await;
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
        browser.says(says("不能再用于报销", "no longer be used for reimbursement")).await;
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
async fn the_first_invoice_is_three_taps_away() {
    for look in [PHONE, Look { scripts: false, ..DESKTOP }] {
        let server = TestServer::start();
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/", server.base)).await;
        browser.press(says("下一单并开票", "Place an order")).await;
        browser.submit(&format!("[value='{USER}']")).await;
        browser.goes_dark().await;
        browser.shoot("authorize-dark").await;
        let tax_no = browser.field("company.tax_no").await;
        let [text, room] = ["scrollWidth", "clientWidth"].map(|width| tax_no.prop(width));
        assert_eq!(text.await.unwrap(), room.await.unwrap(), "the tax number is cut off");
        browser.press(says("申请开票", "Apply for invoice")).await;
        browser.until("the invoice is shown", async || browser.has(".face img").await).await;
        browser.says("113.00").await;
        browser.says("深圳市示例科技有限公司").await;
        browser.shoot("card-dark").await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), browser.printed().await).unwrap();
        let info = std::process::Command::new("pdfinfo").arg(file.path()).output();
        let info = String::from_utf8(info.expect("poppler-utils is installed").stdout).unwrap();
        let pages = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap();
        assert_eq!(pages.trim(), "1");
        // A second visit of the way back asks for no second invoice.
        let orders = server.admin("GET", &format!("orders?appid={MERCHANT}"), &json!({})).1;
        let order_id = orders["orders"][0]["order_id"].as_str().unwrap().to_owned();
        browser.go(&format!("{}/shop/orders/{order_id}", server.base)).await;
        browser.until("the invoice again", async || browser.has(".face img").await).await;
        let path = format!("invoices?appid={MERCHANT}");
        let invoices = server.admin("GET", &path, &json!({})).1;
        assert_eq!(invoices["invoices"].as_array().unwrap().len(), 1, "{invoices}");
        browser.close().await;
    }
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
        assert!(!browser.is_dark().await);
        browser.go(&format!("{}/me/titles", server.base)).await;
        browser.submit("[value='lina']").await;
        browser.go(&format!("{}/me/titles/none", server.base)).await;
        browser.shoot("notice-no-title").await;
        browser.go(&format!("{}/nothing", server.base)).await;
        browser.shoot("notice-no-page").await;
        browser.go(&format!("{}/me/titles", production.base)).await;
        browser.shoot("notice-login").await;
        browser.goes_dark().await;
        browser.go(&format!("{}/", server.base)).await;
        assert!(browser.is_dark().await);
        browser.shoot("home-dark").await;
        browser.go(&format!("{}/me/titles", server.base)).await;
        browser.shoot("titles-dark").await;
        browser.go(&format!("{}/me/titles/new", server.base)).await;
        browser.press(if look.lang == "en" { "Save" } else { "保存" }).await;
        browser.find(".problem").await;
        assert!(browser.room_within_the_frame("company.tax_no").await >= 4.0);
        browser.shoot("title-wrong-dark").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_a_20_digit_number_and_a_large_amount_fit_a_phone() {
    let server = TestServer::start();
    let seller = "开票示例商城连锁经营管理有限责任公司深圳市南山区科技园第二分公司";
    let mut merchant = server.get_json("/sandbox/v1/accounts")["merchant"].clone();
    (merchant["nsrmc"], merchant["face"]) = (seller.into(), "digital".into());
    let account = json!({"role": "merchant", "merchant": merchant});
    let (status, answer) = server.put_account(MERCHANT, &account, ADMIN);
    assert_eq!(status, 200, "{answer}");
    let client = server.merchant();
    client.authorized("1");
    let mut invoice = client.invoice("1", "A1");
    for (name, value) in [
        ("nsrmc", seller),
        ("ghfmc", "深圳市示例科技发展股份有限公司华南大区营销服务中心"),
        ("hjje", "88495575.21"),
        ("hjse", "11504424.78"),
        ("jshj", "99999999.99"),
    ] {
        invoice[name] = value.into();
    }
    for (name, value) in
        [("xmdj", "88495575.21"), ("xmje", "88495575.21"), ("sl", "0.13"), ("se", "11504424.78")]
    {
        invoice["invoicedetail_list"][0][name] = value.into();
    }
    invoice["invoicedetail_list"][0]["xmmc"] =
        "Model-0123456789012345678901234567890123456789".into();
    assert_sucesss(&client.make_out(&invoice));
    let number = client.result("A1")["invoicedetail"]["fphm"].as_str().unwrap().to_owned();
    assert_eq!(number.len(), 20);
    let browser = Browser::open(PHONE).await;
    browser.go(&format!("{}/me/cards", server.base)).await;
    browser.submit(&format!("[value='{USER}']")).await;
    browser.says("99999999.99").await;
    browser.shoot("cards-long").await;
    browser.submit(".tickets li a").await;
    browser.says(&number).await;
    browser.shoot("card-long").await;
    browser.close().await;
}
