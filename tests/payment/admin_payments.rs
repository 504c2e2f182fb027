//! Payments as an operator sees and reports them: `/admin/v1/payments`.

use crate::payment::pay_client::{MCHID, PayClient, link};
use kaipiao_tests::{MERCHANT, TestServer, assert_ok, assert_refused};
use serde_json::{Value, json};

fn unmet(payment: &Value) -> Vec<String> {
    let conditions = payment["entry"]["conditions"].as_object().unwrap();
    let unmet = conditions.iter().filter(|(_, is_met)| **is_met == json!(false));
    unmet.map(|(name, _)| name.clone()).collect()
}

#[test]
fn what_an_entry_lacks_is_named() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let payment = |number: &str| {
        let path = format!("payments/{MCHID}/{number}");
        let (status, answer) = server.admin("GET", &path, &json!({}));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    client.order("order-1", &[]);
    let before = ["contact_set", "paid", "platform_linked", "receipt"];
    assert_eq!(unmet(&payment("order-1")), before);
    client.paid("order-2", &[("receipt", "Y")], "lina");
    assert_eq!(unmet(&payment("order-2")), ["contact_set", "platform_linked"]);
    link(&server);
    assert_eq!(unmet(&payment("order-2")), ["contact_set"]);
    server.client(MERCHANT).set_contact();
    assert_eq!(payment("order-2")["entry"]["shown"], true);
    let merchant = server.client(MERCHANT);
    assert_ok(&merchant.auth_url_answer(&merchant.asked("order-3", 0)));
    client.paid("order-3", &[("receipt", "Y")], "lina");
    assert_eq!(unmet(&payment("order-3")), ["order_not_used"]);
    assert_eq!(server.admin("GET", &format!("payments/{MCHID}/order-9"), &json!({})).0, 404);

    let listed = server.all_pages(&format!("payments?mchid={MCHID}&limit=2"), "payments");
    let numbers: Vec<_> = listed.iter().map(|one| one["out_trade_no"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["order-3", "order-2", "order-1"]);
    server.wait_until("payments are found by state", || {
        let listing = format!("payments?mchid={MCHID}&state=success");
        server.all_pages(&listing, "payments").len() == 2
    });
}

#[test]
fn a_payment_made_elsewhere_is_reported_and_opens_an_entry() {
    let server = TestServer::start();
    link(&server);
    let merchant = server.client(MERCHANT);
    merchant.set_contact();
    let path = format!("payments/{MCHID}/order-1");
    let openid = server.openid("lina", MERCHANT);
    let report = json!({"total_fee": 100, "openid": openid, "receipt": "Y", "user": "lina"});
    for _ in 0..2 {
        let (status, answer) = server.admin("PUT", &path, &report);
        assert_eq!((status, &answer["trade_state"]), (200, &json!("SUCCESS")), "{answer}");
        assert_eq!(answer["entry"]["shown"], true, "{answer}");
    }
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 0)), 72031, "type");
    let told = server.get_json("/sandbox/v1/messages?user=lina");
    assert_eq!(told["messages"].as_array().unwrap().len(), 1);
    let with = |name: &str, value: Value| {
        let mut report = report.clone();
        report[name] = value;
        server.admin("PUT", &path, &report)
    };
    for (name, value) in
        [("total_fee", json!(101)), ("openid", json!("o")), ("receipt", json!("N"))]
    {
        let (status, answer) = with(name, value);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(name), "{answer}");
    }
    assert_eq!(with("refund_fee", json!(40)).1["entry"]["shown"], true);
    assert_eq!(with("refund_fee", json!(101)).0, 400);
    let (_, answer) = with("refund_fee", json!(100));
    assert_eq!(
        (&answer["trade_state"], &answer["entry"]["shown"]),
        (&json!("REFUND"), &json!(false))
    );
    assert_refused(&merchant.auth_url_answer(&merchant.asked("order-1", 1)), 72035, "refunded");
    // Who paid may be said later, once.
    let later = format!("payments/{MCHID}/order-2");
    let by = |user: Value| {
        let mut report = report.clone();
        report["user"] = user;
        server.admin("PUT", &later, &report)
    };
    assert_eq!(by(Value::Null).1["user"], Value::Null);
    let count = || {
        let told = server.get_json("/sandbox/v1/messages?user=lina");
        told["messages"].as_array().unwrap().len()
    };
    let before = count();
    for _ in 0..2 {
        assert_eq!(by(json!("lina")).1["user"], "lina");
    }
    assert_eq!(count(), before + 1);
    assert_eq!(by(json!("zhangwei")).0, 400);
    let unknown = server.admin("PUT", "payments/1234/order-1", &report);
    assert!(unknown.0 == 400 && unknown.1["error"].as_str().unwrap().contains("mchid"));
    assert_eq!(server.admin("PUT", &format!("payments/{MCHID}/1"), &report).0, 400);
}
