//! Payments without a page: quick pay, and payments on behalf (wire_facts 5.2).

use crate::payment::pay_client::{ACKNOWLEDGED, KEY, MCHID, PayClient};
use crate::payment::pay_code::{contract_of, fixed_code, quick};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_tests::{MERCHANT, OTHER_USER, Receiver, Reply, TestServer};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::{Value, json};

#[test]
fn quick_pay_charges_the_code_that_the_payer_shows_and_can_be_taken_back() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    let auth_code = fixed_code(&server, OTHER_USER);
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
    let contract_id = contract_of(&server, OTHER_USER);
    let auth_code = fixed_code(&server, OTHER_USER);
    let url = format!("http://{}/notify", receiver.address);
    let asked = [
        ("body", "tea"),
        ("out_trade_no", "order-1"),
        ("total_fee", "100"),
        ("notify_url", &*url),
        ("trade_type", "PAP"),
        ("contract_id", &*contract_id),
        ("receipt", "Y"),
    ];
    let answer = client.done("/pay/pappayapply", &asked);
    assert_eq!((answer.get("transaction_id"), answer.get("openid")), ("", ""));
    let told = PayRequest::read(receiver.next().body.as_bytes()).unwrap();
    assert!(told.is_signed_by(KEY, SignType::Md5), "{told:?}");
    let names = ["contract_id", "trade_state", "total_fee", "out_trade_no"];
    let values = names.map(|name| told.get(name).to_owned());
    assert_eq!(values, [&*contract_id, "SUCCESS", "100", "order-1"]);
    // WxJava signs what its type of this notice knows, and these it does not.
    assert_eq!((told.get("trade_type"), told.get("sign_type")), ("", ""));
    let hmac = PayClient { sign_type: SignType::HmacSha256, ..PayClient::new(&server) };
    let mut other = asked.to_vec();
    other[1].1 = "order-0";
    hmac.done("/pay/pappayapply", &other);
    let told = PayRequest::read(receiver.next().body.as_bytes()).unwrap();
    assert!(told.is_signed_by(KEY, SignType::HmacSha256), "{told:?}");
    assert_eq!((told.get("trade_type"), told.get("sign_type")), ("", ""));
    server.all_completed();
    let found = client.done("/pay/paporderquery", &[("out_trade_no", "order-1")]);
    assert_eq!((found.get("trade_state"), found.get("trade_type")), ("SUCCESS", "PAP"));
    client.refused("/pay/pappayapply", &asked, "ORDERPAID", "order-1");
    for (contract_id, words) in [("1", "is nobody's"), (&*auth_code, "is a pay code")] {
        let mut other = asked.to_vec();
        other.retain(|(name, _)| !matches!(*name, "contract_id" | "out_trade_no"));
        other.extend([("contract_id", contract_id), ("out_trade_no", "order-2")]);
        client.refused("/pay/pappayapply", &other, "AUTH_CODE_INVALID", words);
    }
    client.refused(
        "/pay/micropay",
        &quick("order-3", &contract_id, "100"),
        "AUTH_CODE_INVALID",
        "10 to 15",
    );
}

#[test]
fn a_sub_merchants_calls_are_about_its_own_payments() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = PayClient::new(&server);
    for mchid in ["1900000110", "1900000111"] {
        let (status, _) = server.admin("PUT", &format!("pay-merchants/{mchid}"), &json!({}));
        assert_eq!(status, 201);
    }
    let subs = json!({"sub_merchants": ["1900000110", "1900000111"]});
    assert_eq!(server.admin("PUT", &format!("pay-merchants/{MCHID}"), &subs).0, 200);
    let contract_id = contract_of(&server, OTHER_USER);
    let sub = ("sub_mch_id", "1900000110");
    let asked = [
        ("body", "tea"),
        ("out_trade_no", "order-1"),
        ("total_fee", "100"),
        ("notify_url", "http://127.0.0.1:9/notify"),
        ("trade_type", "PAP"),
        ("contract_id", &*contract_id),
        sub,
    ];
    client.done("/pay/partner/pappayapply", &asked);
    let name = ("out_trade_no", "order-1");
    let refund = [name, ("out_refund_no", "r-1"), ("total_fee", "100"), ("refund_fee", "1")];
    for other in ["1900000111", "x"] {
        let foreign = [name, ("sub_mch_id", other)];
        for path in [
            "/pay/orderquery",
            "/pay/partner/paporderquery",
            "/pay/closeorder",
            "/secapi/pay/reverse",
            "/pay/refundquery",
        ] {
            client.refused(path, &foreign, "ORDERNOTEXIST", &format!("sub_mch_id \"{other}\""));
        }
        let foreign = [&refund[..], &[("sub_mch_id", other)]].concat();
        client.refused("/secapi/pay/refund", &foreign, "ORDERNOTEXIST", "sub_mch_id");
    }
    let found = client.done("/pay/partner/paporderquery", &[name, sub]);
    assert_eq!((found.get("trade_state"), found.get("sub_mch_id")), ("SUCCESS", sub.1));
    client.done("/secapi/pay/refund", &[&refund[..], &[sub]].concat());
    let by_number = [("out_refund_no", "r-1"), ("sub_mch_id", "1900000111")];
    client.refused("/pay/refundquery", &by_number, "ORDERNOTEXIST", "sub_mch_id");
    assert_eq!(client.done("/pay/refundquery", &[name, sub]).get("refund_count"), "1");
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
