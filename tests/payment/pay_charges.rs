//! Payments without a page: quick pay, and payments on behalf (wire_facts 5.2).

use crate::payment::pay_client::PayClient;
use crate::payment::pay_code::quick;
use kaipiao_tests::{MERCHANT, Receiver, Reply, TestServer};
use serde_json::Value;

const ACKNOWLEDGED: &str = "<xml><return_code>SUCCESS</return_code></xml>";

fn user(server: &TestServer, member: &str) -> String {
    let accounts = server.get_json("/sandbox/v1/accounts");
    let users = accounts["users"].as_array().unwrap();
    let lina = users.iter().find(|user| user["id"] == "lina").unwrap();
    lina[member].as_str().unwrap().to_owned()
}

#[test]
fn quick_pay_charges_the_code_that_the_payer_shows_and_can_be_taken_back() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let auth_code = user(&server, "auth_code");
    assert_eq!(auth_code.len(), 18);
    let paid = client.done("/pay/micropay", &quick("order-1", &auth_code, "100"));
    assert_eq!(paid.get("openid"), server.openid("lina", MERCHANT));
    assert_eq!((paid.get("trade_type"), paid.get("total_fee")), ("MICROPAY", "100"));
    client.refused("/pay/micropay", &quick("order-1", &auth_code, "100"), "ORDERPAID", "order-1");
    let name = [("out_trade_no", "order-1")];
    for _ in 0..2 {
        assert_eq!(client.done("/secapi/pay/reverse", &name).get("recall"), "N");
    }
    assert_eq!(client.done("/pay/orderquery", &name).get("trade_state"), "REVOKED");
    client.order("order-3", &[]);
    let other = [("out_trade_no", "order-3")];
    client.refused("/secapi/pay/reverse", &other, "INVALID_REQUEST", "no quick payment");
    client.refused(
        "/secapi/pay/reverse",
        &[("out_trade_no", "order-4")],
        "ORDERNOTEXIST",
        "order-4",
    );
}

#[test]
fn a_payment_on_behalf_is_told_by_notice_and_query() {
    let server = TestServer::start();
    let receiver = Receiver::behaving(|_, _| Reply::Success(ACKNOWLEDGED));
    let client = PayClient::new(&server);
    let contract_id = user(&server, "contract_id");
    let url = format!("http://{}/notify", receiver.address);
    let asked = [
        ("body", "tea"),
        ("out_trade_no", "order-1"),
        ("total_fee", "100"),
        ("spbill_create_ip", "127.0.0.1"),
        ("notify_url", &*url),
        ("trade_type", "PAP"),
        ("contract_id", &*contract_id),
        ("receipt", "Y"),
    ];
    let answer = client.done("/pay/pappayapply", &asked);
    assert_eq!((answer.get("transaction_id"), answer.get("openid")), ("", ""));
    assert!(receiver.next().body.contains("<trade_type><![CDATA[PAP]]>"));
    server.all_completed();
    for path in ["/pay/paporderquery", "/pay/partner/paporderquery"] {
        let found = client.done(path, &[("out_trade_no", "order-1")]);
        assert_eq!(found.get("trade_state"), "SUCCESS");
    }
    client.refused("/pay/partner/pappayapply", &asked, "ORDERPAID", "order-1");
    let mut unknown = asked.to_vec();
    unknown.retain(|(name, _)| !matches!(*name, "contract_id" | "out_trade_no"));
    unknown.extend([("contract_id", "1"), ("out_trade_no", "order-2")]);
    client.refused("/pay/pappayapply", &unknown, "AUTH_CODE_INVALID", "contract_id");
}

#[test]
fn codes_are_the_same_after_a_restart() {
    let server = TestServer::start();
    let codes = |server: &TestServer| -> Vec<Value> {
        let accounts = server.get_json("/sandbox/v1/accounts");
        let users = accounts["users"].as_array().unwrap().clone();
        users.iter().map(|user| user["auth_code"].clone()).collect()
    };
    let before = codes(&server);
    assert_eq!(codes(&server.restart_with("")), before);
}
