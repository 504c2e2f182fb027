//! Faults of pushes, at a real receiver.

use super::planned;
use kaipiao_tests::{MERCHANT, Receiver, TestServer, element, wait_for};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RESULT: &str = "cloud_invoice_invoiceresult_event";
const AUTHORIZED: &str = "user_authorize_invoice";

/// The attempts of an order's first push, once that is over.
fn attempts(server: &TestServer, order_id: &str) -> Vec<Value> {
    let push = wait_for("the push's end", || {
        let pushes = server.pushes(&format!("order_id={order_id}"));
        pushes.last().filter(|push| push["state"] == "delivered").cloned()
    });
    push["attempts"].as_array().unwrap().clone()
}

fn events(receiver: &Receiver) -> Vec<String> {
    let event = |received: &kaipiao_tests::Received| element(&received.body, "Event").unwrap();
    receiver.received().iter().map(event).collect()
}

#[test]
fn a_push_is_sent_twice_and_both_are_listed() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "duplicate": true, "appid": MERCHANT}));
    client.authorized("1");
    let (first, second) = (receiver.next(), receiver.next());
    assert_eq!(first.body, second.body);
    let attempts = attempts(&server, "1");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts[0]["problem"].as_str().unwrap().contains("sent once more"), "{attempts:?}");
    assert_eq!(attempts[1]["problem"], "");
}

#[test]
fn a_lost_push_counts_as_delivered_and_is_shown_as_never_sent() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "lose": true}));
    client.authorized("1");
    let attempts = attempts(&server, "1");
    assert_eq!((attempts.len(), &attempts[0]["status"]), (1, &Value::Null));
    assert!(attempts[0]["problem"].as_str().unwrap().contains("was not sent"), "{attempts:?}");
    assert!(receiver.received().is_empty());
}

#[test]
fn a_late_push_goes_out_by_the_servers_clock() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "delay_ms": 3_600_000}));
    client.authorized("1");
    server.wait_until("the push waits", || {
        let due_ms = server.pushes("order_id=1")[0]["due_ms"].as_i64();
        due_ms.is_some_and(|due| {
            due > server.get_json("/sandbox/v1/clock")["now"].as_i64().unwrap() * 1000 + 60_000
        })
    });
    assert!(receiver.received().is_empty());
    server.advance_s(3600);
    receiver.next();
    assert_eq!(attempts(&server, "1").len(), 1);
}

#[test]
fn two_pushes_of_an_order_go_out_in_the_wrong_order() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "reorder": true}));
    client.issued("1", "R1");
    receiver.next();
    receiver.next();
    assert_eq!(events(&receiver), [RESULT, AUTHORIZED]);
    server.all_completed();
    let pushes = server.pushes("order_id=1");
    let note = pushes[0]["attempts"][0]["problem"].as_str().unwrap();
    assert!(note.contains("before the order's push"), "{pushes:?}");
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn a_push_that_none_overtakes_goes_out_in_the_end() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "reorder": true, "within_ms": 600_000}));
    client.authorized("1");
    server.wait_until("it was struck", || !super::played(&server).is_empty());
    assert!(receiver.received().is_empty());
    server.advance_s(600);
    receiver.next();
}

#[test]
fn a_push_that_waits_to_be_overtaken_goes_out_when_the_server_stops() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    planned(&server, json!({"target": "push", "reorder": true, "within_ms": 600_000}));
    client.authorized("1");
    server.wait_until("it was struck", || !super::played(&server).is_empty());
    assert!(receiver.received().is_empty());
    let begun = Instant::now();
    drop(server.stop());
    assert!(begun.elapsed() < Duration::from_secs(9), "limits.shutdown_ms was not waited for");
    assert_eq!(events(&receiver), [AUTHORIZED]);
}
