//! The user's own pages: the title book, the messages, the language.

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{ADMIN, Client, MERCHANT, TestServer, USER, assert_sucesss};
use serde_json::{Value, json};

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
        assert!(browser.shows_whole("[name='company.tax_no']").await, "the tax number is cut off");
        browser.press(says("申请开票", "Apply for invoice")).await;
        browser.until("the invoice is shown", async || browser.has(".face img").await).await;
        browser.says("113.00").await;
        browser.says("深圳市示例科技有限公司").await;
        browser.shoot("card-dark").await;
        assert_eq!(browser.printed("card").await.0, 1);
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

/// What the demo shop says that is no invoice; one that is being issued is looked for by a page that
/// replaces itself, so the last of these pages is shown.
async fn shops_notices(server: &TestServer, browser: &Browser) {
    let order = || {
        let answer = server.page("POST", "/shop/orders", &[], "");
        let link = answer.headers()["location"].to_str().unwrap().to_owned();
        let (_, order) = link.split_once("&o1=").unwrap();
        let back = format!("{}/shop/orders/{}", server.base, order.split('&').next().unwrap());
        (link, back)
    };
    let authorized = |fault: Value| {
        server.fault(fault);
        let (link, back) = order();
        let title = json!({"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}});
        assert_eq!(server.answer(&link, "lina", "authorize", Some(title)).0, 200);
        back
    };
    browser.go(&format!("{}/shop/orders/x", server.base)).await;
    browser.shoot("shop-no-order").await;
    browser.go(&order().1).await;
    browser.shoot("shop-not-authorized").await;
    let back = authorized(json!({"target": "issuer", "errcode": 73000}));
    browser.go(&back).await;
    browser.find("a.tel").await;
    browser.shoot("shop-failed").await;
    let back = authorized(json!({"target": "issuer", "drop": true}));
    browser.go(&format!("{back}?look=30")).await;
    browser.go(&format!("{back}?look=30")).await;
    browser.find(".mark.wait").await;
    browser.shoot("shop-still").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_home_page_and_the_notices_hinder_nobody() {
    let server = TestServer::start();
    server.leaves_pushes();
    let production = TestServer::start_with("mode = \"production\"");
    for look in [DESKTOP, PHONE] {
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/", server.base)).await;
        browser.says("curl 'http://").await;
        browser.shoot("home").await;
        // On a phone no head row says what a cell is: each says so itself.
        if look.width == PHONE.width {
            for label in ["角色", "appid", "secret", "名称"] {
                let cell = format!("td[data-label='{label}']");
                assert_eq!(browser.written_before(&cell).await, format!("\"{label}\""));
            }
        }
        assert!(!browser.is_dark().await);
        browser.go(&format!("{}/me/titles", server.base)).await;
        browser.submit("[value='lina']").await;
        browser.go(&format!("{}/me/titles/none", server.base)).await;
        browser.shoot("notice-no-title").await;
        browser.go(&format!("{}/nothing", server.base)).await;
        browser.shoot("notice-no-page").await;
        shops_notices(&server, &browser).await;
        browser.go(&format!("{}/me/titles", production.base)).await;
        browser.shoot("notice-login").await;
        browser.go(&format!("{}/errors", production.base)).await;
        browser.shoot("error-codes").await;
        browser.go(&format!("{}/errors/73108", production.base)).await;
        browser.shoot("error-code").await;
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

/// An invoice that has as much as there can be of everything: names, parties, money. Its lines are 30,
/// ten more than a card lists.
fn largest_invoice(client: &Client<'_>, seller: &str) -> Value {
    let mut invoice = client.invoice("1", "A1");
    let name = "深圳市示例科技发展股份有限公司华南大区营销服务中心".repeat(8);
    for (name, value) in [
        ("nsrmc", seller),
        ("ghfmc", &name),
        ("ghfnsrsbh", &"91440300MA5KP0001N".repeat(3)),
        ("hjje", "88495575221.20"),
        ("hjse", "11504424778.80"),
        ("jshj", "100000000000.00"),
    ] {
        invoice[name] = value.into();
    }
    let line = |mut line: Value, name: &str, net: &str, tax: &str| {
        for (member, value) in
            [("xmmc", name), ("xmdj", net), ("xmje", net), ("sl", "0.13"), ("se", tax)]
        {
            line[member] = value.into();
        }
        line
    };
    let first = invoice["invoicedetail_list"][0].clone();
    let model = "Model-0123456789012345678901234567890123456789".repeat(4);
    let mut lines = vec![line(first.clone(), &model, "88495574931.20", "11504424741.10")];
    lines.resize(30, line(first, &"洗衣机".repeat(66), "10.00", "1.30"));
    invoice["invoicedetail_list"] = lines.into();
    invoice
}

#[tokio::test(flavor = "multi_thread")]
async fn long_names_and_the_largest_amount_fit_a_phone_and_a_sheet() {
    let server = TestServer::start();
    let seller = "开票示例商城连锁经营管理有限责任公司深圳市南山区科技园第二分公司";
    let mut merchant = server.get_json("/sandbox/v1/accounts")["merchant"].clone();
    (merchant["nsrmc"], merchant["face"]) = (seller.into(), "digital".into());
    let account = json!({"role": "merchant", "merchant": merchant});
    let (status, answer) = server.put_account(MERCHANT, &account, ADMIN);
    assert_eq!(status, 200, "{answer}");
    let client = server.merchant();
    let browser = Browser::open(PHONE).await;
    let mut asked = client.asked("1", 0);
    (asked["money"], asked["redirect_url"]) = (json!(100_000_000_000_i64), json!(""));
    let link = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
    browser.go(&link).await;
    browser.submit(&format!("[value='{USER}']")).await;
    browser.says("1000000000.00").await;
    browser.shoot("authorize-long").await;
    browser.press("暂不开票").await;
    browser.says("已取消开票").await;
    browser.shoot("declined-long").await;
    browser.go(&link).await;
    browser.press("申请开票").await;
    browser.says("申请已提交").await;

    assert_sucesss(&client.make_out(&largest_invoice(&client, seller)));
    let blue = client.result("A1")["invoicedetail"].clone();
    let number = blue["fphm"].as_str().unwrap();
    assert_eq!(number.len(), 20);
    browser.go(&format!("{}/me/cards", server.base)).await;
    browser.says("100000000000.00").await;
    assert!(browser.shows_whole(".ticket .day").await, "the date is cut off");
    browser.shoot("cards-long").await;
    browser.submit(".tickets li a").await;
    browser.says(number).await;
    browser.shoot("card-long").await;

    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    client.result("A1r");
    browser.go(&browser.address().await).await;
    browser.says("不能再用于报销").await;
    let (sheets, text) = browser.printed("card-long").await;
    assert_eq!(sheets, 1, "{text}");
    for part in ["不能再用于报销", number, "其余项目见 PDF"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_taken_over_picked_and_shown_to_be_scanned() {
    for look in [PHONE, DESKTOP, Look { scripts: false, lang: "en", ..PHONE }] {
        let server = TestServer::start();
        let client = server.client(MERCHANT);
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let link = |call: &str, body: &Value| {
            let answer = client.post(&format!("/card/invoice/biz/{call}"), body);
            answer["url"].as_str().unwrap().to_owned()
        };
        let browser = Browser::open(look).await;
        let given = json!({
            "phone": "0755-1234567", "addr": "深圳市南山区示例路9号", "user_fill": 1, "out_title_id": "K-7",
        });
        browser.go(&link("getusertitleurl", &given)).await;
        browser.submit("[value='lina']").await;
        browser.says("0755-1234567").await;
        browser.shoot("title-offered").await;
        browser.press(says("保存到我的抬头", "Save it to my titles")).await;
        browser.says(says("请填写抬头名称", "Please fill in: Company name")).await;
        browser.fill("company.title", "星期一科技").await;
        browser.press(says("保存到我的抬头", "Save it to my titles")).await;
        browser.says(says("抬头已保存", "The title is saved")).await;
        browser.shoot("title-saved").await;

        browser.press(says("查看我的抬头", "See my titles")).await;
        browser.submit(".card:nth-last-of-type(1) a[href$='/code']").await;
        browser.says(says("10 分钟内有效", "lasts 10 minutes")).await;
        browser.shoot("title-code").await;

        browser
            .go(&link("getselecttitleurl", &json!({"attach": "7", "biz_name": "示例面馆"})))
            .await;
        browser.says("示例面馆").await;
        browser.shoot("title-asked").await;
        browser.submit(".tickets li:last-child button").await;
        browser.says(says("抬头已提交", "Your title has been sent")).await;
        browser.shoot("title-sent").await;
        let pushes = server.pushes("");
        assert_eq!(pushes[0]["event"], "submit_invoice_title");
        assert!(pushes[0]["body"].as_str().unwrap().contains("星期一科技"));
        browser.close().await;
    }
}
