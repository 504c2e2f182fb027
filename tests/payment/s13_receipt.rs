//! Section 13: a payment with `receipt=Y` opens an order.

use crate::payment::pay_client::{MCHID, PayClient};
use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused};
use serde_json::json;

fn link(server: &TestServer) {
    let info = json!({"paymch_info": {"mchid": MCHID, "s_pappid": server.s_pappid()}});
    assert_ok(&server.client(MERCHANT).attribute("set_pay_mch", &info));
    server.client(MERCHANT).set_contact();
}

#[test]
fn the_order_of_a_payment_takes_type_1_only() {
    let server = TestServer::start();
    server.leaves_pushes();
    link(&server);
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
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
    link(&server);
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 0)));
    pay.paid("order-1", &[("receipt", "Y")], "lina");
    assert_ok(&client.auth_url_answer(&client.asked("order-1", 0)));
}

#[test]
fn a_full_refund_closes_an_unused_entry_and_a_part_does_not() {
    let server = TestServer::start();
    server.leaves_pushes();
    link(&server);
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
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
    link(&server);
    let (pay, client) = (PayClient::new(&server), server.client(MERCHANT));
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
