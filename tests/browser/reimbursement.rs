//! A company's page opens the picker; what the user chooses comes back to it (wire_facts 1.2).

use crate::harness::{Browser, DESKTOP, Look, PHONE};
use kaipiao_tests::{REIMBURSER, TestServer, USER, assert_ok};
use kaipiao_wire::delivery::push_crypto::signature;
use kaipiao_wire::reimbursement::card_sign::page_signature;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;

const TIMESTAMP: &str = "1489030247";
const NONCE: &str = "p6N7WOAF";

/// The address of the company's page, at an origin of its own: signed as its server does it, with the real
/// tickets.
fn company_page(server: &TestServer, card_sign: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/company", listener.local_addr().unwrap());
    let path = server.client(REIMBURSER).path("/cgi-bin/ticket/getticket?type=jsapi");
    let jsapi = server.get(&path)["ticket"].as_str().unwrap().to_owned();
    let config = json!({
        "appId": REIMBURSER, "timestamp": TIMESTAMP, "nonceStr": NONCE,
        "signature": page_signature(&jsapi, NONCE, TIMESTAMP, &url),
        "beta": true, "jsApiList": ["chooseInvoice"],
    });
    let call = json!({
        "timestamp": TIMESTAMP, "nonceStr": NONCE, "signType": "SHA1", "cardSign": card_sign,
    });
    let html = include_str!("company.html")
        .replace("BASE", &server.base)
        .replace("CONFIG", &config.to_string())
        .replace("CALL", &call.to_string());
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{html}", html.len());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            // Chromium opens connections that it never uses.
            let answer = answer.clone();
            std::thread::spawn(move || {
                let asked = stream.read(&mut [0; 4096]).unwrap_or(0);
                if asked > 0 {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    url
}

/// What the page was told.
async fn told(browser: &Browser) -> Value {
    browser.says("err_msg").await;
    let text = browser.find("#answer").await.text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_given_what_its_page_was_told_was_chosen() {
    for look in [PHONE, Look { lang: "zh-CN", ..DESKTOP }, Look { lang: "en", ..PHONE }, DESKTOP] {
        let server = TestServer::start();
        server.leaves_pushes();
        let merchant = server.merchant();
        merchant.issued("1", "R1");
        merchant.issued("2", "R2");
        let company = server.client(REIMBURSER);
        let ticket = company.ticket();
        let card_sign = signature(&[&ticket, REIMBURSER, TIMESTAMP, NONCE, "INVOICE"]);
        let page = company_page(&server, &card_sign);
        let says = |zh: &'static str, en: &'static str| if look.lang == "en" { en } else { zh };
        let browser = Browser::open(look).await;
        let open = async || {
            browser.go(&page).await;
            browser.says("ready").await;
        };

        open().await;
        browser.click_and_follow("#invoices").await;
        browser.submit(&format!("[value='{USER}']")).await;
        browser.says(says("申请获取你的发票", "asks for your invoices")).await;
        browser.press(says("确定", "Confirm")).await;
        browser.says(says("请至少选择一张发票", "Choose one invoice at least")).await;
        browser.click("li:nth-child(2) input").await;
        browser.shoot("picker").await;
        browser.press_and_return(says("确定", "Confirm")).await;
        let answer = told(&browser).await;
        assert_eq!(answer["err_msg"], "choose_invoice:ok", "{answer}");
        let chosen: Value =
            serde_json::from_str(answer["choose_invoice_info"].as_str().unwrap()).unwrap();
        assert_eq!(chosen.as_array().unwrap().len(), 1);
        let named = json!({
            "card_id": chosen[0]["card_id"], "encrypt_code": chosen[0]["encrypt_code"],
        });
        let info = company.post("/card/invoice/reimburse/getinvoiceinfo", &named);
        assert_ok(&info);
        // The older one stands second.
        assert_eq!(info["user_info"]["order_id"], "1");

        open().await;
        browser.click_and_follow("#invoices").await;
        browser.press_and_return(says("取消", "Cancel")).await;
        assert_eq!(told(&browser).await["err_msg"], "choose_invoice:cancel");

        open().await;
        browser.click_and_follow("#invoices").await;
        browser.says(says("申请获取你的发票", "asks for your invoices")).await;
        browser.close_window().await;
        assert_eq!(told(&browser).await["err_msg"], "choose_invoice:cancel");

        open().await;
        browser.click_and_follow("#title").await;
        browser.says(says("选择抬头", "Choose a title")).await;
        browser.shoot("title-picker").await;
        browser.click("button[name=title]").await;
        browser.return_once_closed().await;
        let answer = told(&browser).await;
        assert_eq!(answer["err_msg"], "choose_invoice_title:ok");
        let title: Value =
            serde_json::from_str(answer["choose_invoice_title_info"].as_str().unwrap()).unwrap();
        assert!(["0", "1"].contains(&title["type"].as_str().unwrap()), "{title}");
        assert!(!title["title"].as_str().unwrap().is_empty());
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_signs_wrongly_is_told_so() {
    let server = TestServer::start();
    server.leaves_pushes();
    server.merchant().issued("1", "R1");
    let page = company_page(&server, "ede1ecb8da09125b75951b92b9a296a4e27d5fd4");
    let browser = Browser::open(DESKTOP).await;
    browser.go(&page).await;
    browser.says("ready").await;
    browser.click("#invoices").await;
    let answer = told(&browser).await;
    assert_eq!(answer["err_msg"], "choose_invoice:fail");
    assert!(answer["err_desc"].as_str().unwrap().contains("wx_card ticket"), "{answer}");
    // A fragment is no part of the signed address, a query is.
    browser.go(&format!("{page}#x")).await;
    browser.says("ready").await;
    browser.go(&format!("{page}?x=1")).await;
    browser.says("config:fail, invalid signature").await;
    browser.close().await;
}
