//! Pushes that failed are sent again, all of an account's since a moment.

use kaipiao_tests::{MERCHANT, Receiver, TestServer};
use serde_json::{Value, json};

fn replay(server: &TestServer, body: &Value) -> (u16, Value) {
    server.admin("POST", "pushes/replay", body)
}

#[test]
fn failed_pushes_are_sent_again_page_by_page() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("old");
    server.all_completed();
    let since_ms = server.pushes("")[0]["settled_ms"].as_i64().unwrap() + 1;
    server.advance_s(60);
    for order_id in ["1", "2", "3"] {
        client.authorized(order_id);
    }
    server.all_completed();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let mut asked = json!({"appid": MERCHANT, "since_ms": since_ms, "limit": 2});
    let (mut replayed, mut pages) = (0, 0);
    loop {
        let (status, answer) = replay(&server, &asked);
        assert_eq!(status, 200, "{answer}");
        replayed += answer["replayed"].as_i64().unwrap();
        pages += 1;
        let Some(next) = answer["next"].as_str() else { break };
        asked["after"] = json!(next);
    }
    // Three pages of those that had nowhere to go, of which the last is empty, then those that were given up (none).
    assert_eq!((replayed, pages), (3, 4));
    server.all_completed();
    let states: Vec<_> = server
        .pushes("")
        .iter()
        .map(|push| {
            format!("{} {}", push["order_id"].as_str().unwrap(), push["state"].as_str().unwrap())
        })
        .collect();
    assert_eq!(states, ["3 delivered", "2 delivered", "1 delivered", "old unroutable"]);
    for (wrong, words) in [
        (json!({"appid": MERCHANT, "since_ms": 0, "span_ms": 1}), "span_ms"),
        (json!({"appid": MERCHANT, "span_ms": -1}), "span_ms"),
        (json!({"appid": MERCHANT}), "since_ms"),
        (json!({"appid": MERCHANT, "since_ms": 0, "after": "0.delivered."}), "after"),
        (json!({"appid": MERCHANT, "since_ms": 0, "limit": 0}), "limit"),
    ] {
        let (status, answer) = replay(&server, &wrong);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}

/// The receiver refuses for as long as it is asked, and a push of long ago fails today.
#[test]
fn a_push_counts_by_when_it_failed_and_is_met_once() {
    let server = TestServer::start();
    server.merchant().authorized("long-ago");
    server.all_completed();
    let before = server.pushes("")[0]["settled_ms"].as_i64().unwrap();
    server.advance_s(60);
    let id = server.pushes("")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.admin("POST", &format!("pushes/{id}/replay"), &json!({})).0, 200);
    server.all_completed();
    assert!(server.pushes("")[0]["settled_ms"].as_i64().unwrap() > before);
    // It still has nowhere to go: each page sends it again, and the next does not meet it.
    let mut asked = json!({"appid": MERCHANT, "since_ms": before + 1, "limit": 1});
    let mut replayed = Vec::new();
    loop {
        let (_, answer) = replay(&server, &asked);
        replayed.push(answer["replayed"].as_i64().unwrap());
        server.all_completed();
        let Some(next) = answer["next"].as_str() else { break };
        asked["after"] = json!(next);
    }
    assert_eq!(replayed, [1, 0, 0]);
}

#[test]
fn without_a_receiver_everybodys_failed_pushes_are_sent_again() {
    let server = TestServer::start();
    server.merchant().authorized("early");
    server.all_completed();
    server.advance_s(7_200);
    server.merchant().authorized("late");
    server.all_completed();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    let (status, answer) = replay(&server, &json!({"span_ms": 3_600_000}));
    assert_eq!((status, &answer["replayed"]), (200, &json!(1)), "{answer}");
    server.all_completed();
    let states = server.pushes("");
    let of = |order_id: &str| {
        states.iter().find(|push| push["order_id"] == order_id).unwrap()["state"].clone()
    };
    assert_eq!((of("early"), of("late")), (json!("unroutable"), json!("delivered")));
}
