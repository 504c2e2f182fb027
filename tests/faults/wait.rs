//! Waiting for what happens.

use kaipiao_tests::{MERCHANT, Receiver, TestServer, assert_ok, assert_sucesss};
use serde_json::{Value, json};

fn wait(server: &TestServer, query: &str) -> (u16, Value) {
    let answer = server.get_raw(&format!("/sandbox/v1/wait?{query}"));
    (answer.status().as_u16(), serde_json::from_str(answer.body()).unwrap())
}

fn happened(server: &TestServer, query: &str) -> Value {
    let (status, answer) = wait(server, query);
    assert_eq!(status, 200, "{query}: {answer}");
    answer
}

#[test]
fn whoever_waits_is_answered_when_it_happens_and_when_it_has() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| happened(&server, "order_id=1&event=issued"));
        client.issued("1", "W1");
        let issued = waiting.join().unwrap();
        assert_eq!(issued["invoice"]["state"], "issued", "{issued}");
    });
    let order = format!("order_id=1&appid={MERCHANT}");
    let authorized = happened(&server, &format!("{order}&event=authorized"));
    assert_eq!(authorized["order"]["state"], "authorized");
    let push = happened(&server, &format!("{order}&event=push:user_authorize_invoice"));
    assert!(push["push"]["body"].as_str().unwrap().contains("user_authorize_invoice"), "{push}");
    let result = "delivered:cloud_invoice_invoiceresult_event";
    happened(&server, &format!("{order}&event={result}"));
    let message = happened(&server, &format!("{order}&event=message"));
    assert_eq!(message["message"]["event"], "issued", "{message}");
    let after = push["at_ms"].as_i64().unwrap();
    let next = happened(&server, &format!("{order}&event=push&after_ms={after}"));
    assert_ne!(next["push"]["id"], push["push"]["id"]);
}

#[test]
fn a_no_and_a_failure_can_be_waited_for() {
    let server = TestServer::start();
    let client = server.merchant();
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    client.authorized("1");
    assert_sucesss(&client.make_out(&client.invoice("1", "F1")));
    let failed = happened(&server, "order_id=1&event=failed");
    assert_eq!(failed["invoice"]["errcode"], 73000);
    assert_ok(&client.reject("1"));
    assert_eq!(happened(&server, "order_id=1&event=rejected")["order"]["state"], "rejected");
}

#[test]
fn what_does_not_happen_in_time_is_408_with_what_is_there() {
    let server = TestServer::start();
    server.merchant().authorized("1");
    let (status, answer) = wait(&server, "order_id=1&event=issued&timeout_s=0");
    assert_eq!((status, &answer["orders"][0]["state"]), (408, &json!("authorized")), "{answer}");
    for (query, words) in [
        ("event=issued", "order_id"),
        ("order_id=1", "event is empty"),
        ("order_id=1&event=born", "event must be one of authorized, declined"),
        ("order_id=1&event=paid&timeout_s=121", "timeout_s must be 0 to 120"),
        ("order_id=1&event=paid&appid=wx00000000000000aa", "is no account's"),
    ] {
        let (status, answer) = wait(&server, query);
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words), "{query}: {answer}");
    }
}
