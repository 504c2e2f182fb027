//! Section 13: a payment with `receipt=Y` opens an order.

use crate::payment::pay_client::{MCHID, PayClient, link, link_with_contact};
use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused, form_token};
use serde_json::json;

#[test]
fn the_order_of_a_payment_takes_type_1_only() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    for page_type in [0, 2] {
        let answer = client.auth_url_answer(&client.asked("order-1", page_type));
        assert_refused(&answer, 72031, "type must be 1");
    }
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 1)));
    // Without the exact Y it is a payment like any other.
    pay.paid("order-2", &[("receipt", "N")], "lina");
    assert_ok(&client.auth_url_answer(&client.asked("order-2", 0)));
}

#[test]
fn a_number_that_is_an_order_already_stays_the_merchants() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 0)));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 0)));
}

#[test]
fn a_full_refund_closes_an_unused_entry_and_a_part_does_not() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    pay.refund("order-1", "r-1", "40");
    let url = client.auth_url("order-1", 1);
    pay.refund("order-1", "r-2", "60");
    let answer = client.auth_url_answer(&client.asked("order-1", 1));
    assert_refused(&answer, 72035, "refunded");
    let path = url.strip_prefix(&server.base).unwrap();
    let page = server.page("GET", path, &[("cookie", &server.session("lina"))], "");
    assert!(page.body().contains("订单已退款"), "{}", page.body());
    let (status, answer) = server.post_json(
        "/sandbox/v1/authorize",
        &json!({"auth_url": url, "user": "lina", "decision": "authorize"}),
    );
    assert!(status == 409 && answer.to_string().contains("refunded"), "{answer}");
}

#[test]
fn the_payer_is_told_and_the_invoice_follows() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    let told = server.get_json("/sandbox/v1/messages?user=lina");
    assert_eq!(told["messages"][0]["event"], "paid");
    assert_eq!(told["messages"][0]["order_id"], "order-1");
    let url = client.auth_url("order-1", 1);
    let (status, _) = server.post_json(
        "/sandbox/v1/authorize",
        &json!({"auth_url": url, "user": "lina", "decision": "authorize"}),
    );
    assert_eq!(status, 200);
    assert_eq!(client.status("order-1")["invoice_status"], "auth success");
}

#[test]
fn an_order_stays_whose_it_was_and_is_closed_there() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), link_with_contact(&server));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    // Another merchant takes the pay merchant over, and would be shown an entry of its own.
    let other = "wx0123456789abcde1";
    let (status, made) =
        server.admin("PUT", &format!("accounts/{other}"), &json!({"role": "merchant"}));
    assert_eq!(status, 201);
    let bound = json!({"accounts": [MERCHANT, other]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{MCHID}"), &bound).0, 200);
    assert_eq!(server.admin("PUT", "pay-merchants/1234", &json!({"accounts": [MERCHANT]})).0, 201);
    let info =
        |mchid: &str| json!({"paymch_info": {"mchid": mchid, "s_pappid": server.s_pappid()}});
    assert_ok(&client.attribute("set_pay_mch", &info("1234")));
    let secret = made["secret"].as_str().unwrap();
    let token = server.token_answer(other, secret)["access_token"].as_str().unwrap().to_owned();
    let second = server.client_with(token);
    assert_ok(&second.attribute("set_pay_mch", &info(MCHID)));
    second.set_contact();
    let url = format!("/payments/{MCHID}/order-1/entry");
    let session = server.session("lina");
    let cookie = [("cookie", &*session)];
    let html = server.page("GET", &format!("/payments/{MCHID}/order-1"), &cookie, "");
    let form = format!("form_token={}", form_token(html.body()));
    let opened = server.page("POST", &url, &cookie, &form);
    assert_eq!(opened.status(), 303, "{}", opened.body());
    let (status, of_first) = server.admin("GET", &format!("orders?appid={MERCHANT}"), &json!({}));
    let (_, of_second) = server.admin("GET", &format!("orders?appid={other}"), &json!({}));
    let count = |listing: &serde_json::Value| listing["orders"].as_array().unwrap().len();
    assert_eq!((status, count(&of_first), count(&of_second)), (200, 1, 0));
    pay.refund("order-1", "r-1", "100");
    let answer = client.auth_url_answer(&client.asked("order-1", 1));
    assert_refused(&answer, 72035, "refunded");
}

#[test]
fn an_entry_that_is_opened_later_opens_the_same_order() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    link_with_contact(&server);
    let orders =
        || server.admin("GET", &format!("orders?appid={MERCHANT}"), &json!({})).1["orders"].clone();
    assert_eq!(orders(), json!([]));
    let (details, session) = (format!("/payments/{MCHID}/order-1"), server.session("lina"));
    let cookie = [("cookie", &*session)];
    let html = server.page("GET", &details, &cookie, "");
    let form = format!("form_token={}", form_token(html.body()));
    let opened = server.page("POST", &format!("{details}/entry"), &cookie, &form);
    assert_eq!(opened.status(), 303, "{}", opened.body());
    let order = &orders()[0];
    let values = ["order_id", "type", "money_fen"].map(|name| order[name].clone());
    assert_eq!(values, [json!("order-1"), json!(1), json!(100)]);
    assert_refused(&client.auth_url_answer(&client.asked("order-1", 0)), 72031, "type must be 1");
}

#[test]
fn a_payment_made_before_anybody_was_linked_keeps_its_number_for_type_1() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
    client.set_contact();
    for number in ["early-1", "order-1", "back-1"] {
        pay.paid(number, &[("receipt", "Y")], "lina");
    }
    pay.paid("plain-1", &[], "lina");
    pay.refund("back-1", "r-1", "100");
    // Whose payments they are is known from the link on.
    assert_ok(&client.auth_url_answer(&client.asked("early-1", 0)));
    link(&server);
    for page_type in [0, 2] {
        let answer = client.auth_url_answer(&client.asked("order-1", page_type));
        assert_refused(&answer, 72031, "type must be 1: order_id order-1 was paid with receipt=Y");
        for free in ["early-1", "plain-1", "back-1", "1"] {
            assert_ok(&client.auth_url_answer(&client.asked(free, page_type)));
        }
    }
    // The merchant's own link opens what the entry would have opened.
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 1)));
    let (_, listed) = server.admin("GET", &format!("payments/{MCHID}/order-1"), &json!({}));
    assert_eq!(listed["entry"]["shown"], true, "{listed}");
    pay.refund("order-1", "r-2", "100");
    assert_refused(&client.auth_url_answer(&client.asked("order-1", 1)), 72035, "");
}
