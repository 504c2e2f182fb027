//! Waiting for what happens.

use super::sent;
use kaipiao_tests::pay_client::{MCHID, PayClient};
use kaipiao_tests::{MERCHANT, Receiver, TestServer, USER, assert_ok, assert_sucesss};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Those who wait at once.
const MOST_WAITING: usize = 64;

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
        ("order_id=1&event=paid&timeout_s=121", "timeout_s must be 0 to 120, not 121"),
        ("order_id=1&event=paid&appid=wx00000000000000aa", "is no account's"),
        ("order_id=1&event=paid&appid=1234", "is no pay merchant's"),
        ("order_id=1&event=paid&appid=x", "is neither an appid nor a mchid"),
    ] {
        let (status, answer) = wait(&server, query);
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(words), "{query}: {answer}");
    }
}

#[test]
fn a_payment_and_its_refund_can_be_waited_for() {
    let server = TestServer::start();
    server.leaves_pushes();
    let pay = PayClient::new(&server);
    let prepay_id = pay.order("number1", &[]).get("prepay_id").to_owned();
    let (status, answer) = wait(&server, "order_id=number1&event=paid&timeout_s=0");
    assert_eq!((status, &answer["payments"][0]["out_trade_no"]), (408, &json!("number1")));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| happened(&server, "order_id=number1&event=paid"));
        assert_eq!(pay.pay(&prepay_id, "lina").0, 200);
        assert_eq!(waiting.join().unwrap()["payment"]["out_trade_no"], "number1");
    });
    let message = happened(&server, "order_id=number1&event=message");
    assert_eq!(message["message"]["event"], "paid", "{message}");
    let (status, _) = wait(&server, "order_id=number1&event=refunded&timeout_s=0");
    assert_eq!(status, 408);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| happened(&server, "order_id=number1&event=refunded"));
        pay.refund("number1", "refund1", "60");
        assert_eq!(waiting.join().unwrap()["payment"]["refund_fee"], 60);
    });
}

#[test]
fn what_an_order_has_moved_past_has_happened_all_the_same() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    assert_eq!(server.answer(&link, USER, "decline", None).0, 200);
    assert_eq!(server.answer(&link, USER, "authorize", None).0, 200);
    for whose in ["", &format!("&appid={MERCHANT}")] {
        let declined = happened(&server, &format!("order_id=1&event=declined&timeout_s=0{whose}"));
        assert_eq!(declined["order"]["state"], "authorized", "{declined}");
        let after = format!("order_id=1&event=declined&timeout_s=0&after_ms={}", declined["at_ms"]);
        assert_eq!(wait(&server, &after).0, 408);
    }
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    let asked = client.invoice("1", "P1");
    assert_sucesss(&client.make_out(&asked));
    let first = happened(&server, "order_id=1&event=failed");
    assert_eq!(first["invoice"]["state"], "failed", "{first}");
    assert_sucesss(&client.make_out(&asked));
    happened(&server, "order_id=1&event=issued");
    let failed = happened(&server, "order_id=1&event=failed&timeout_s=0");
    assert_eq!(
        (&failed["at_ms"], &failed["invoice"]["state"]),
        (&first["at_ms"], &json!("issued"))
    );
}

#[test]
fn an_accounts_own_pay_merchants_are_looked_at_however_many_there_are() {
    let server = TestServer::start();
    server.leaves_pushes();
    for number in 1..=100 {
        let (status, answer) = server.admin("PUT", &format!("pay-merchants/{number}"), &json!({}));
        assert!(status < 300, "{answer}");
    }
    PayClient::new(&server).paid("number1", &[], USER);
    for whose in [MERCHANT, MCHID] {
        for event in ["paid", "message", "push:payment_notice"] {
            happened(&server, &format!("order_id=number1&event={event}&appid={whose}&timeout_s=0"));
        }
    }
    let (status, answer) = wait(&server, "order_id=number1&event=paid&timeout_s=0");
    assert_eq!(status, 400, "{answer}");
    // A platform takes no payments of the merchant.
    let others = "order_id=number1&event=push&appid=wx6b61697069616f32&timeout_s=0";
    assert_eq!(wait(&server, others).0, 408);
}

#[test]
fn a_message_is_found_behind_a_hundred_later_ones() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = server.merchant();
    client.authorized("1");
    assert_ok(&client.reject("1"));
    let pay = PayClient::new(&server);
    for number in 0..100 {
        pay.paid(&format!("later{number}"), &[], USER);
    }
    let message = happened(&server, "order_id=1&event=message&timeout_s=0");
    assert_eq!(message["message"]["event"], "rejected", "{message}");
    let path = format!("/console/orders/order?appid={MERCHANT}&order_id=1");
    let line = server.page("GET", &path, &[("accept-language", "en")], "").into_body();
    assert!(line.contains("the user was told: "), "{line}");
}

#[test]
fn an_invoice_that_is_taken_back_can_be_waited_for() {
    let server = TestServer::start();
    let client = server.merchant();
    let detail = client.issued("1", "O1");
    let (status, answer) = wait(&server, "order_id=1&event=offset&timeout_s=0");
    assert_eq!((status, &answer["invoices"][0]["state"]), (408, &json!("issued")), "{answer}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| happened(&server, "order_id=1&event=offset"));
        assert_sucesss(&client.offset(&client.offset_of(&detail, "O1r")));
        let offset = waiting.join().unwrap();
        assert_eq!(offset["invoice"]["fpqqlsh"], "2ff836O1r", "{offset}");
    });
    let issued = happened(&server, "order_id=1&event=issued");
    assert_eq!(issued["invoice"]["fpqqlsh"], "2ff836O1");
}

#[test]
fn no_more_than_64_wait_and_all_are_answered_when_the_server_stops() {
    let server = TestServer::start();
    server.merchant().authorized("1");
    let path = "/sandbox/v1/wait?order_id=1&event=issued&timeout_s=120";
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let address = server.base.clone();
                // The look below takes a place for a moment.
                let answers = std::iter::repeat_with(move || sent(&address, "GET", path, ""));
                let is_place = |answer: &String| !answer.contains("64 requests wait already");
                scope.spawn(move || { answers }.find(is_place).unwrap())
            })
            .collect();
        server.wait_until("all wait", || {
            let (status, answer) = wait(&server, "order_id=1&event=issued&timeout_s=0");
            let problem = "64 requests wait already, which is all that may";
            assert!(status == 408 || answer["error"] == problem, "{status}: {answer}");
            status == 503
        });
        let begun = Instant::now();
        drop(server.stop());
        for one in waiting {
            let answer = one.join().unwrap();
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
            assert!(answer.contains("before the wait was cut short: the server stops"), "{answer}");
            assert!(answer.contains("\"state\":\"authorized\""), "{answer}");
        }
        assert!(begun.elapsed() < Duration::from_secs(9), "limits.shutdown_ms was not waited for");
    });
}
