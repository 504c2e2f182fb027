//! The operator's listing of orders.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, OTHER_USER, TestServer, USER, assert_ok, assert_sucesss, wait_until,
};
use serde_json::{Value, json};

fn listing(query: &str) -> String {
    format!("orders?appid={MERCHANT}&{query}")
}

fn order_ids(server: &TestServer, query: &str) -> Vec<String> {
    let orders = server.all_pages(&listing(query), "orders");
    orders.iter().map(|order| order["order_id"].as_str().unwrap().to_owned()).collect()
}

fn order(server: &TestServer, order_id: &str) -> Value {
    server.all_pages(&listing(&format!("order_id={order_id}")), "orders").remove(0)
}

/// An order in each state, a second apart: offered, declined, authorized, used, rejected.
fn with_orders() -> TestServer {
    let server = TestServer::start();
    let merchant = server.merchant();
    for (order_id, user, decision) in [
        ("offered", USER, None),
        ("declined", OTHER_USER, Some("decline")),
        ("authorized", OTHER_USER, Some("authorize")),
        ("used", USER, Some("authorize")),
        ("rejected", USER, Some("authorize")),
    ] {
        let link = merchant.auth_url(order_id, 0);
        if let Some(decision) = decision {
            assert_eq!(server.answer(&link, user, decision, None).0, 200);
        }
        server.advance_s(1);
    }
    assert_sucesss(&merchant.make_out(&merchant.invoice("used", "U1")));
    merchant.result("U1");
    assert_ok(&merchant.reject("rejected"));
    server
}

#[test]
fn orders_are_listed_newest_first_and_page_on_without_loss() {
    let server = with_orders();
    let all = ["rejected", "used", "authorized", "declined", "offered"];
    assert_eq!(order_ids(&server, ""), all);
    assert_eq!(order_ids(&server, "limit=1"), all);
    assert_eq!(order_ids(&server, "limit=2"), all);
    let at = |order_id| order(&server, order_id)["offered_ms"].as_i64().unwrap();
    let (from_ms, to_ms) = (at("declined"), at("used"));
    assert_eq!(order_ids(&server, &format!("limit=2&from_ms={from_ms}&to_ms={to_ms}")), all[1..4]);
    assert_eq!(order_ids(&server, &format!("from_ms={}", to_ms + 1)), all[..1]);
    assert_eq!(order_ids(&server, &format!("to_ms={}", from_ms - 1)), all[4..]);
}

#[test]
fn orders_are_found_by_state_and_user() {
    let server = with_orders();
    for (query, found) in [
        ("state=declined", &["declined"][..]),
        ("state=authorized&limit=1", &["used", "authorized"]),
        ("state=rejected", &["rejected"]),
        ("user=lina&limit=1", &["authorized", "declined"]),
        ("user=zhangwei&limit=1", &["rejected", "used"]),
        ("user=nobody", &[]),
    ] {
        wait_until(query, || order_ids(&server, query) == found);
    }
    assert_eq!(order_ids(&server, "order_id=nothing"), [] as [&str; 0]);
    // A value that has changed is no longer found by what it was.
    assert_eq!(server.client(MERCHANT).reject("authorized")["errcode"], 0);
    wait_until("the state is found", || {
        order_ids(&server, "state=rejected") == ["rejected", "authorized"]
    });
    assert_eq!(order_ids(&server, "state=authorized"), ["used"]);
}

#[test]
fn an_order_says_who_decided_what_and_when() {
    let server = with_orders();
    let offered = order(&server, "offered");
    assert_eq!(offered["s_pappid"], server.s_pappid());
    for (name, value) in [
        ("type", json!(0)),
        ("source", json!("web")),
        ("money_fen", json!(11)),
        ("state", json!("offered")),
        ("user", Value::Null),
        ("openid", Value::Null),
        ("declined_ms", Value::Null),
        ("authorized_ms", Value::Null),
        ("rejected_ms", Value::Null),
        ("used_by", Value::Null),
    ] {
        assert_eq!(offered[name], value, "{name}: {offered}");
    }
    let declined = order(&server, "declined");
    assert_eq!((&declined["state"], &declined["user"]), (&json!("declined"), &json!(OTHER_USER)));
    assert!(declined["declined_ms"].as_i64() >= declined["offered_ms"].as_i64(), "{declined}");
    let used = order(&server, "used");
    assert_eq!((&used["state"], &used["used_by"]), (&json!("authorized"), &json!("2ff836U1")));
    assert_eq!(used["openid"], server.openid(USER, MERCHANT));
    assert!(used["authorized_ms"].as_i64() >= used["offered_ms"].as_i64(), "{used}");
    let rejected = order(&server, "rejected");
    assert_eq!((&rejected["state"], &rejected["user"]), (&json!("rejected"), &json!(USER)));
    assert!(rejected["rejected_ms"].as_i64() > rejected["authorized_ms"].as_i64(), "{rejected}");
}

#[test]
fn a_listing_that_makes_no_sense_is_refused() {
    let server = TestServer::start();
    for (query, member) in [
        ("orders", "appid"),
        ("orders?appid=shop", "appid"),
        (&listing("state=lost"), "state"),
        (&listing("state=offered"), "state"),
        (&listing("state=declined&user=lina"), "user"),
        (&listing("from_ms=1&user=lina"), "user"),
        (&listing("limit=0"), "limit"),
        (&listing("after=nowhere"), "after"),
    ] {
        let (status, answer) = server.admin("GET", query, &json!({}));
        let words = answer["error"].as_str().unwrap();
        assert!(status == 400 && words.contains(&format!("{member} ")), "{query}: {words}");
    }
    let nobodys = server.admin("GET", &format!("orders?appid={MINI_PROGRAM}"), &json!({}));
    assert_eq!(nobodys, (200, json!({"orders": []})));
}
