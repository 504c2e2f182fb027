//! A callback that stands in for an account's own (D-238).

use kaipiao_tests::{MERCHANT, Receiver, TestServer, USER, element};
use serde_json::{Value, json};

fn callback(server: &TestServer) -> Value {
    let accounts = server.all_pages("accounts?limit=50", "accounts");
    accounts.into_iter().find(|account| account["appid"] == MERCHANT).unwrap()["callback"].clone()
}

fn put(server: &TestServer, receiver: &Receiver, mode: &str, stands_in: bool) -> Value {
    let mut settings = receiver.settings(mode);
    settings["stands_in"] = json!(stands_in);
    let path = format!("accounts/{MERCHANT}/callback");
    let (status, answer) = server.admin("PUT", &path, &settings);
    assert_eq!(status, 200, "{answer}");
    answer["callback"].clone()
}

fn put_back(server: &TestServer, body: &Value) -> (u16, Value) {
    server.admin("POST", &format!("accounts/{MERCHANT}/callback/put-back"), body)
}

fn pushed_to(server: &TestServer, receiver: &Receiver, order_id: &str) {
    let link = server.merchant().auth_url(order_id, 0);
    let yes = json!({"auth_url": link, "user": USER, "decision": "authorize"});
    assert_eq!(server.post_json("/sandbox/v1/authorize", &yes).0, 200);
    let event = receiver.next().event(MERCHANT);
    assert_eq!(element(&event, "SuccOrderId").as_deref(), Some(order_id), "{event}");
}

#[test]
fn a_callback_that_stands_in_is_put_back_with_its_secrets() {
    let server = TestServer::start();
    let (own, first, second) = (Receiver::start(), Receiver::start(), Receiver::start());
    assert_eq!(put(&server, &own, "safe", false).get("stands_in_for"), None);
    let before = callback(&server);
    assert_eq!(put(&server, &first, "plain", true)["stands_in_for"], own.url());
    assert_eq!(callback(&server)["stands_in_for"], own.url());
    pushed_to(&server, &first, "1");
    // One that stands in for a stand-in leaves the account's own.
    assert_eq!(put(&server, &second, "compat", true)["stands_in_for"], own.url());
    pushed_to(&server, &second, "2");
    let server = server.restart_with("");
    for (body, status, words) in [
        (json!({"url": first.url()}), 409, "another callback is in place"),
        (json!({}), 400, "url is empty"),
    ] {
        let (found, answer) = put_back(&server, &body);
        assert!(found == status && answer.to_string().contains(words), "{found} {answer}");
    }
    let in_place = json!({"url": second.url()});
    let (status, answer) = put_back(&server, &in_place);
    assert_eq!((status, &answer["callback"]), (200, &before));
    assert_eq!(callback(&server), before);
    // Signed and encrypted by the secrets that it always had.
    pushed_to(&server, &own, "3");
    let (status, answer) = put_back(&server, &json!({"url": own.url()}));
    assert!(status == 409 && answer.to_string().contains("stands in for none"), "{answer}");
    server.all_completed();
}

#[test]
fn a_stand_in_for_none_leaves_none_and_one_that_stays_drops_what_was_kept() {
    let server = TestServer::start();
    let (own, other) = (Receiver::start(), Receiver::start());
    let (status, answer) = put_back(&server, &json!({"url": own.url()}));
    assert!(status == 409 && answer.to_string().contains("has no callback"), "{answer}");
    assert_eq!(put(&server, &other, "plain", true)["stands_in_for"], "");
    let (status, answer) = put_back(&server, &json!({"url": other.url()}));
    assert_eq!((status, &answer["callback"]), (200, &Value::Null));
    assert_eq!(callback(&server), Value::Null);
    put(&server, &own, "plain", false);
    put(&server, &other, "plain", true);
    // The same again, but to stay.
    assert_eq!(put(&server, &other, "plain", false).get("stands_in_for"), None);
    assert_eq!(put_back(&server, &json!({"url": other.url()})).0, 409);
    let path = "accounts/wx0000000000000000/callback/put-back";
    let (status, answer) = server.admin("POST", path, &json!({"url": "http://x"}));
    assert_eq!(status, 404, "{answer}");
    assert_eq!(server.admin("POST", "accounts/x/callback/put-back", &json!({"url": "x"})).0, 404);
}
