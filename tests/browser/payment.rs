//! From the cashier or a pay code to the invoice entry, and through it to the title page (section 13).

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::pay_client::{PayClient, quick};
use kaipiao_tests::{MERCHANT, TestServer, USER, assert_ok};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_paid_and_its_entry_leads_to_the_invoice() {
    let looks = [PHONE, DESKTOP, Look { scripts: false, lang: "en", ..PHONE }];
    for look in looks.into_iter().chain([Look { lang: "zh-CN", ..DESKTOP }]) {
        let server = TestServer::start();
        server.leaves_pushes();
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/", server.base)).await;
        browser.press(says("下一单并支付", "Place a payment")).await;
        browser.submit(&format!("[value='{USER}']")).await;
        browser.says(says("不会产生真实扣款", "no money moves")).await;
        assert!(browser.text().await.contains("113.00"));
        let cashier = browser.address().await;
        assert!(browser.has("svg[role='img'] path").await);
        browser.shoot("cashier").await;

        browser.press(says("立即支付", "Pay now")).await;
        browser.says(says("支付成功", "Payment successful")).await;
        let details = browser.address().await;
        let number = details.rsplit('/').next().unwrap().to_owned();
        browser.shoot("payment").await;
        browser.go(&cashier).await;
        assert_eq!(browser.address().await, details);

        browser.press(says("为什么有开票入口", "Why is there an invoice entry?")).await;
        browser.says(says("付款人能看到开票入口", "The payer sees an invoice entry")).await;
        browser.shoot("entry-shown").await;
        browser.press(says("账单详情", "Payment details")).await;

        // The message of the payment offers the same.
        browser.go(&format!("{}/me/messages", server.base)).await;
        browser.shoot("messages-entry").await;
        browser.press(says("开发票", "Get an invoice")).await;
        browser.says(says("申请开票", "Apply for invoice")).await;
        browser.go(&details).await;
        browser.press(says("开发票", "Get an invoice")).await;
        browser.fill("company.title", "测试公司").await;
        browser.fill("company.tax_no", "91440300MA5KP0001N").await;
        browser.press(says("申请开票", "Apply for invoice")).await;
        browser.says(says("申请已提交", "Your request has been sent")).await;
        let client = server.client(MERCHANT);
        let status = client.status(&number);
        assert_eq!(status["invoice_status"], "auth success");
        assert_eq!(status["user_auth_info"]["biz_field"]["title"], "测试公司");

        browser.go(&format!("{}/me/messages", server.base)).await;
        browser.says("¥113.00").await;
        browser.says(says("查看开票进度", "See your invoice")).await;
        browser.shoot("messages-paid").await;
        browser.press(says("查看账单详情", "See the payment")).await;
        browser.press(says("查看开票进度", "See your invoice")).await;
        browser.says(says("开票中", "Your invoice is on its way")).await;

        assert_ok(&client.reject(&number));
        browser.go(&details).await;
        browser.says("抬头有误").await;
        browser.shoot("payment-rejected").await;
        browser.press(says("为什么没有开票入口", "Why is there no invoice entry?")).await;
        browser.says(says("付款人看不到开票入口", "The payer sees no invoice entry")).await;
        browser.shoot("entry-hidden").await;
        browser.close().await;
    }
}

/// The pay code's digits that a person reads; empty while the page is being replaced.
async fn digits(browser: &Browser) -> String {
    let shown = browser.find(".digits").await.text().await.unwrap_or_default();
    shown.chars().filter(char::is_ascii_digit).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_shows_their_code_and_confirms_what_is_above_1000_yuan() {
    let looks = [PHONE, DESKTOP, Look { scripts: false, lang: "en", ..PHONE }];
    for look in looks.into_iter().chain([Look { lang: "zh-CN", ..DESKTOP }]) {
        let server = TestServer::start();
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/", server.base)).await;
        browser.press(says("付款码", "Pay code")).await;
        browser.submit(&format!("[value='{USER}']")).await;
        browser.says(says("不会产生真实扣款", "no money moves")).await;
        browser.holds_still().await;
        browser.shoot("pay-code").await;

        // The page asks again by itself: for the next minute's code, and for what is to be confirmed.
        browser.go(&format!("{}/pay-code", server.base)).await;
        let first = digits(&browser).await;
        server.advance_s(60);
        let is_next = async || !["", &*first].contains(&&*digits(&browser).await);
        browser.until("the next minute's code is shown", is_next).await;
        let code = digits(&browser).await;
        let asked = [&quick("order-1", &code, "128050")[..], &[("receipt", "Y")]].concat();
        PayClient::new(&server).refused("/pay/micropay", &asked, "USERPAYING", "");
        browser.says("¥1280.50").await;
        browser.go(&format!("{}/pay-code", server.base)).await;
        browser.holds_still().await;
        browser.shoot("pay-code-asks").await;
        browser.press(says("服务消息", "Messages")).await;
        browser.says(says("待确认付款", "Payment to confirm")).await;
        browser.shoot("messages-asks").await;

        browser.press(says("去确认", "See and confirm")).await;
        browser.says("1280.50").await;
        browser.shoot("cashier-asks").await;
        browser.press(says("确认付款", "Confirm payment")).await;
        browser.says(says("支付成功", "Payment successful")).await;
        browser.shoot("payment-confirmed").await;
        browser.go(&format!("{}/pay-code", server.base)).await;
        assert!(!browser.text().await.contains("1280.50"));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cashier_and_the_payment_are_dark_where_the_browser_asks_for_it() {
    let server = TestServer::start();
    server.leaves_pushes();
    let browser = Browser::open(PHONE).await;
    browser.goes_dark().await;
    browser.go(&format!("{}/", server.base)).await;
    browser.shoot("home-payment-dark").await;
    browser.press("下一单并支付").await;
    browser.submit(&format!("[value='{USER}']")).await;
    assert!(browser.is_dark().await);
    browser.shoot("cashier-dark").await;
    browser.press("立即支付").await;
    browser.says("支付成功").await;
    browser.shoot("payment-dark").await;
    browser.go(&format!("{}/entry", browser.address().await)).await;
    browser.shoot("entry-dark").await;
    browser.go(&format!("{}/pay-code", server.base)).await;
    browser.holds_still().await;
    browser.shoot("pay-code-dark").await;
    browser.go(&format!("{}/cashier?prepay_id=wx1", server.base)).await;
    browser.says("支付不存在").await;
    browser.close().await;
}
