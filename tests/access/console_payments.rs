//! A payment's page in the console, and the listing of what platforms have inserted.

use super::console::{PASSWORD, add, get, production, session};
use crate::payment::pay_client::{ACKNOWLEDGED, MCHID, PayClient};
use kaipiao_tests::pay_client::{fixed_code, link_with_contact, quick};
use kaipiao_tests::platform_client::{inserted, update};
use kaipiao_tests::{MERCHANT, PLATFORM, Receiver, Reply, TestServer, USER, assert_ok, wait_until};
use serde_json::json;

fn text(server: &TestServer, path: &str) -> String {
    let page = get(server, path, "");
    assert_eq!(page.status(), 200, "{path}: {}", page.body());
    page.into_body()
}

#[test]
fn a_payments_page_has_all_that_has_become_of_it() {
    let server = TestServer::start();
    link_with_contact(&server);
    let pay = PayClient::new(&server);
    let receiver = Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED));
    let notify_url = receiver.url().split('?').next().unwrap().to_owned();
    pay.order("plain-1", &[]);
    pay.paid("entry-1", &[("receipt", "Y"), ("notify_url", &notify_url)], USER);
    let page = |number: &str| {
        text(&server, &format!("/console/payments/payment?mchid={MCHID}&out_trade_no={number}"))
    };
    let plain = page("plain-1");
    for said in ["Not paid", "Pay as a user", "No refunds", "No notices", "No invoices", "Not met"]
    {
        assert!(plain.contains(said), "{said}: {plain}");
    }
    assert!(!plain.contains("timeline"), "no order was opened: {plain}");
    server.all_completed();
    let paid = page("entry-1");
    let line = format!("/console/orders/order?appid={MERCHANT}&#38;order_id=entry-1");
    for said in [&line, "Shown", "payment_notice", "Delivered", "transaction_id"] {
        assert!(paid.contains(said), "{said}: {paid}");
    }
    assert!(!paid.contains("Not met") && !paid.contains("Pay as a user"), "{paid}");
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=entry-1");
    let way_back = format!("/console/payments/payment?mchid={MCHID}&#38;out_trade_no=entry-1");
    assert!(text(&server, &order).contains(&way_back));
    let refund = [
        ("out_trade_no", "entry-1"),
        ("out_refund_no", "back-1"),
        ("total_fee", "100"),
        ("refund_fee", "40"),
        ("notify_url", &*notify_url),
    ];
    pay.done("/secapi/pay/refund", &refund);
    server.all_completed();
    let refunded = page("entry-1");
    for said in ["Given back", "back-1", "¥0.40", "refund_notice"] {
        assert!(refunded.contains(said), "{said}: {refunded}");
    }
    let code = fixed_code(&server, USER);
    let mut charged = quick("quick-1", &code, "100");
    charged.push(("receipt", "Y"));
    pay.done("/pay/micropay", &charged);
    pay.done("/secapi/pay/reverse", &[("out_trade_no", "quick-1")]);
    assert!(page("quick-1").contains("Revoked"));
    let line = text(&server, &order.replace("entry-1", "quick-1"));
    assert!(line.contains("was made") && line.contains("was revoked"), "{line}");
    for nothing in ["mchid=1&out_trade_no=x", "mchid=1900000109&out_trade_no=x", ""] {
        let path = format!("/console/payments/payment?{nothing}");
        assert_eq!(get(&server, &path, "").status(), 404, "{path}");
    }
}

#[test]
fn a_developer_sees_the_payments_of_pay_merchants_that_are_all_theirs() {
    let (server, _files) = production("");
    let key = "12345678901234567890123456789012";
    let bound = json!({"name": "Shop", "key": key, "accounts": [MERCHANT, PLATFORM]});
    let (status, answer) = server.admin("PUT", "pay-merchants/1900000208", &bound);
    assert!(status < 300, "{answer}");
    add(&server, "dev", json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD}));
    let dev = session(&server, "dev");
    let path = "/console/payments/payment?mchid=1900000208&out_trade_no=x";
    assert_eq!(get(&server, path, &dev).status(), 404);
    let inserted = format!("/console/invoices/inserted?appid={PLATFORM}");
    assert_eq!(get(&server, &inserted, &dev).status(), 404);
}

#[test]
fn what_platforms_have_inserted_is_listed_and_found() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let card = inserted(&server, &platform, "first", "62522141");
    let list =
        |query: &str| text(&server, &format!("/console/invoices/inserted?appid={MERCHANT}{query}"));
    let all = list("");
    for said in ["62522141", "044032000211", PLATFORM, "Free", ">first<"] {
        assert!(all.contains(said), "{said}: {all}");
    }
    assert!(all.contains("/console/invoices\">Issued here"), "{all}");
    let queries = ["&number=044032000211-62522141", "&order_id=first", &format!("&user={USER}")];
    for query in queries {
        wait_until("it is found", || list(query).contains("62522141"));
    }
    for query in ["&number=62522142", "&order_id=second", "&day=2099-01-01"] {
        assert!(list(query).contains("No platform has inserted"), "{query}");
    }
    assert!(list("&order_id=first&user=nobody").contains("one of these at a time"));
    assert!(list("&day=x").contains("Write a day as"));
    assert_ok(&update(&platform, &card, "CANCEL"));
    assert!(list("").contains("Cancelled"));
}
