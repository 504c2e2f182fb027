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
    let since_ms = server.pushes("")[0]["committed_ms"].as_i64().unwrap() + 1;
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
    // Those that were given up (none), then two pages of those that had nowhere to go.
    assert_eq!((replayed, pages), (3, 3));
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
        (json!({"since_ms": 0}), "appid"),
        (json!({"appid": MERCHANT}), "since_ms"),
        (json!({"appid": MERCHANT, "since_ms": 0, "after": "delivered."}), "after"),
        (json!({"appid": MERCHANT, "since_ms": 0, "limit": 0}), "limit"),
    ] {
        let (status, answer) = replay(&server, &wrong);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}
