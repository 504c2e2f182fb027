//! Section 8.

use kaipiao_tests::{TestServer, USER, assert_ok, assert_refused};
use serde_json::json;

#[test]
fn a_rejection_is_final_and_the_user_is_notified() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let authorized = client.status("1");
    assert_ok(&client.reject("1"));
    let rejected = client.status("1");
    assert_ok(&rejected);
    assert_eq!(rejected["invoice_status"], "reject insert");
    assert_eq!(rejected["auth_time"], authorized["auth_time"]);
    assert_refused(&client.reject("1"), 72035, "rejected before");

    let inbox = server.get_json(&format!("/sandbox/v1/messages?user={USER}"));
    let messages = inbox["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (&messages[0]["reason"], &messages[0]["url"]),
        (&json!("抬头有误"), &json!("http://xxx.com"))
    );
}

#[test]
fn only_a_decided_order_can_be_rejected() {
    let server = TestServer::start();
    let client = server.merchant();
    assert_refused(&client.reject("1"), 72038, "never called getauthurl");
    let link = client.auth_url("1", 0);
    assert_refused(&client.reject("1"), 72038, "no user has decided yet");
    server.answer(&link, USER, "decline", None);
    assert_ok(&client.reject("1"));
    assert_eq!(client.status("1")["invoice_status"], "reject insert");
}

#[test]
fn a_platform_that_the_order_was_not_authorized_for_is_named() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let other = "d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ+UckPKeOzT5sOW03JCEfhGLW+q0iGP+o9";
    let body = json!({"s_pappid": other, "order_id": "1", "reason": "x"});
    assert_refused(&client.post("/card/invoice/rejectinsert", &body), 72038, "another s_pappid");
}

#[test]
fn fields_are_named_and_orderid_is_read() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let s_pappid = server.s_pappid();
    let call = |body| client.post("/card/invoice/rejectinsert", &body);
    assert_refused(&call(json!({})), 72031, "s_pappid is empty");
    assert_refused(&call(json!({"s_pappid": s_pappid})), 72031, "order_id is empty");
    assert_refused(&call(json!({"s_pappid": s_pappid, "order_id": "1"})), 72031, "reason is empty");
    let long = json!({"s_pappid": s_pappid, "order_id": "1", "reason": "长".repeat(257)});
    assert_refused(&call(long), 72031, "reason has 257 characters, at most 256");
    let bad = json!({"s_pappid": s_pappid, "order_id": "1", "reason": "x", "url": "javascript:1"});
    assert_refused(&call(bad), 72031, "url must be");
    let good = json!({"s_pappid": s_pappid, "orderid": "1", "reason": "x", "url": null});
    assert_ok(&call(good));
}
