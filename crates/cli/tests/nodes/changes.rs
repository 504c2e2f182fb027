//! What is changed at one node, at the other.

use crate::node::Pair;
use kaipiao_tests::{
    MERCHANT, Receiver, TestServer, USER, assert_ok, assert_refused, form_token, poll_within,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The bound within which a node follows the others.
const BOUND: Duration = Duration::from_secs(2);
const OTHER: &str = "wx00000000000000ab";
const SECRET: &str = "ffffffffffffffffffffffffffffffff";

fn within_bound<T>(what: &str, poll: impl FnMut() -> Option<T>) -> T {
    poll_within(BOUND, poll).unwrap_or_else(|| panic!("not within {BOUND:?}: {what}"))
}

/// `stable_token`: a token, forced or not.
fn stable_token(server: &TestServer, force_refresh: bool) -> String {
    let answer = server.stable_token(force_refresh);
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn ticket(server: &TestServer, token: &str) -> Value {
    server.get(&format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}"))
}

#[test]
fn a_token_of_one_node_works_at_the_other_at_once_and_one_that_was_replaced_dies_within_two_seconds()
 {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    for _ in 0..10 {
        assert_ok(&ticket(b, &a.token(MERCHANT)));
        assert_ok(&ticket(a, &b.token(MERCHANT)));
    }
    let old = stable_token(a, false);
    assert_ok(&ticket(b, &old));
    let new = stable_token(a, true);
    // What was replaced is given out nowhere, though it may work for a moment.
    assert_eq!(stable_token(b, false), new);
    assert_ok(&ticket(b, &new));
    assert_refused(&ticket(a, &old), 40001, "");
    within_bound("the old token's end", || (ticket(b, &old)["errcode"] == 40001).then_some(()));
}

#[test]
fn nobody_is_refused_for_what_another_node_has_changed() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let put = |body: Value| assert!(a.put_account(OTHER, &body, kaipiao_tests::ADMIN).0 < 300);
    for round in 0..10 {
        let secret = format!("{round}{}", &SECRET[1..]);
        put(json!({"role": "merchant", "secret": secret, "merchant_api": false}));
        let token = b.token_answer(OTHER, &secret)["access_token"].clone();
        let client = b.client_with(token.as_str().expect("the secret is the new one").to_owned());
        within_bound("the permission's end", || {
            (client.attribute("get_contact", &json!({}))["errcode"] == 48001).then_some(())
        });
        put(json!({"merchant_api": true}));
        let words = if round == 0 { 72063 } else { 0 };
        assert_eq!(client.attribute("get_contact", &json!({}))["errcode"], words);
        let phone = round.to_string();
        let contact = json!({"contact": {"phone": phone, "time_out": 1}});
        assert_ok(&a.client_with(client.token.clone()).attribute("set_contact", &contact));
        assert_eq!(client.attribute("get_contact", &json!({}))["contact"]["phone"], phone);
    }
}

#[test]
fn a_pay_merchant_that_was_linked_at_another_node_is_answered_at_once() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let [linking, asking] = [a, b].map(|server| server.client(MERCHANT));
    for round in 0..5 {
        let mchid = format!("{}", 1000 + round);
        let body = json!({"accounts": [MERCHANT]});
        assert_eq!(a.admin("PUT", &format!("pay-merchants/{mchid}"), &body).0, 201);
        let info = json!({"paymch_info": {"mchid": mchid, "s_pappid": a.s_pappid()}});
        assert_ok(&linking.attribute("set_pay_mch", &info));
        assert_eq!(asking.attribute("get_pay_mch", &json!({}))["paymch_info"]["mchid"], mchid);
    }
}

/// A change that only looks like none to a node that lags behind is made all the same.
#[test]
fn what_is_set_back_at_another_node_at_once_is_set_back() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let put = |server: &TestServer, is_allowed: bool| {
        let body = json!({"role": "merchant", "merchant_api": is_allowed});
        let (status, answer) = server.put_account(OTHER, &body, kaipiao_tests::ADMIN);
        assert!(status < 300, "{answer}");
    };
    put(a, true);
    within_bound("the account", || {
        let (_, accounts) = b.admin("GET", "accounts", &json!({}));
        let mut accounts = accounts["accounts"].as_array().expect("accounts").iter();
        accounts.any(|account| account["appid"] == OTHER).then_some(())
    });
    for _ in 0..5 {
        put(a, false);
        put(b, true);
        let (_, account) = a.admin("GET", "accounts", &json!({}));
        let accounts = account["accounts"].as_array().expect("accounts").clone();
        let other = accounts.into_iter().find(|account| account["appid"] == OTHER).unwrap();
        assert_eq!(other["merchant_api"], true, "{other}");
    }
}

#[test]
fn a_link_can_be_asked_for_right_after_the_contact_was_set_at_another_node() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let asking = b.client(MERCHANT);
    let asked = asking.asked("1", 0);
    assert_refused(&asking.auth_url_answer(&asked), 72063, "");
    a.client_with(asking.token.clone()).set_contact();
    assert_ok(&asking.auth_url_answer(&asked));
}

#[test]
fn fields_callbacks_people_and_taxpayers_of_one_node_are_the_others_within_two_seconds() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let (on_a, on_b) = (a.merchant(), b.client(MERCHANT));
    for need in [0, 1] {
        let field = json!({"show_title": need, "show_phone": 1, "show_email": 1});
        let fields = json!({"auth_field": {"user_field": field, "biz_field": {"show_title": 1}}});
        assert_ok(&on_a.attribute("set_auth_field", &fields));
        let read = on_b.attribute("get_auth_field", &json!({}));
        assert_eq!(read["auth_field"]["user_field"]["show_title"], need, "{read}");
    }
    let (first, second) = (Receiver::start(), Receiver::start());
    a.set_callback(MERCHANT, &first, "plain");
    on_b.authorized("1");
    first.next().event(MERCHANT);
    a.set_callback(MERCHANT, &second, "safe");
    within_bound("the new callback", || {
        let accounts = b.admin("GET", "accounts?limit=1000", &json!({})).1;
        accounts.to_string().contains(&second.url()).then_some(())
    });
    on_b.authorized("2");
    second.next().event(MERCHANT);
    let (status, _) = a.post_json("/sandbox/v1/users", &json!({"id": "newcomer", "name": "新人"}));
    assert_eq!(status, 200);
    let (status, answer) = b.answer(&on_b.auth_url("3", 0), "newcomer", "authorize", None);
    assert_eq!(status, 200, "{answer}");
    let merchant = json!({"merchant": {"nsrmc": "开票示例商城改名有限公司"}});
    assert_eq!(a.put_account(MERCHANT, &merchant, kaipiao_tests::ADMIN).0, 200);
    within_bound("the taxpayer's new name", || {
        let named = b.get_json("/sandbox/v1/accounts")["merchant"]["nsrmc"].clone();
        (named == "开票示例商城改名有限公司").then_some(())
    });
}

#[test]
fn who_has_left_at_one_node_has_left_at_the_other() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let cookie = &*a.session(USER);
    let opens = |server: &TestServer| {
        server.page("GET", "/me/titles", &[("cookie", cookie)], "").status() == 200
    };
    assert!(opens(a) && opens(b));
    let page = a.page("GET", "/me/titles/new", &[("cookie", cookie)], "");
    let form = format!("form_token={}", form_token(page.body()));
    assert_eq!(a.page("POST", "/logout", &[("cookie", cookie)], &form).status(), 200);
    assert!(!opens(b));
}

#[test]
fn faults_are_the_nodes_that_they_were_planned_at() {
    let nodes = Pair::start();
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    a.fault(json!({"target": "issuer", "errcode": 73100, "n": 3}));
    let left = |server: &TestServer| server.get_json("/sandbox/v1/faults")["left"].clone();
    assert_eq!((left(a), left(b)), (json!(3), json!(0)));
}

#[test]
fn the_clock_is_moved_for_all_and_what_is_due_by_it_goes_out_at_either() {
    let nodes = Pair::start_with("[push]\nretry_after_ms = [3600000]");
    let (a, b) = (&nodes.a.server, &nodes.b.server);
    let receiver = Receiver::behaving(|nth, _| match nth {
        0 => kaipiao_tests::Reply::Status(500, String::new()),
        _ => kaipiao_tests::Reply::Success("success"),
    });
    let client = a.merchant();
    a.set_callback(MERCHANT, &receiver, "plain");
    client.authorized("1");
    receiver.next();
    let before = b.get_json("/sandbox/v1/clock")["now"].as_i64().unwrap();
    a.advance_s(3600);
    // Of one node's new time, so the other refuses it until it has seen how late it is.
    let token = a.token(MERCHANT);
    within_bound("the ticket", || Some(ticket(b, &token)).filter(|t| t["errcode"] == 0));
    let now = b.get_json("/sandbox/v1/clock")["now"].as_i64().unwrap();
    assert!(now >= before + 3600, "{before} {now}");
    receiver.next();
    // It stands still for all, too: at the latest moment that one of them has shown.
    let (status, stopped) = a.post_json("/sandbox/v1/clock", &json!({"stopped": true}));
    assert_eq!(status, 200, "{stopped}");
    let mut shown = [stopped["now"].as_i64().unwrap(); 2];
    within_bound("one stopped clock", || {
        let faces = [a, b].map(|node| node.get_json("/sandbox/v1/clock"));
        for (face, last) in faces.iter().zip(&mut shown) {
            let now = face["now"].as_i64().unwrap();
            assert!(now >= *last, "{face} after {last}");
            *last = now;
        }
        Some(()).filter(|()| faces.iter().all(|face| face["rate"] == 0.0) && shown[0] == shown[1])
    });
    let restarted = nodes.b.stop();
    assert!(restarted.contains("stopped"), "{restarted}");
}

/// What would change the database that others work with is refused, and says why.
#[test]
fn a_shared_database_has_no_name_spaces_snapshots_and_reset() {
    let nodes = Pair::start_with("");
    let server = &nodes.a.server;
    for (path, body) in [
        ("/sandbox/v1/namespaces", json!({"name": "one"})),
        ("/sandbox/v1/snapshots", json!({"name": "one"})),
        ("/sandbox/v1/snapshots/one/restore", json!({})),
        ("/sandbox/v1/reset", json!({})),
        ("/sandbox/v1/reset", json!({"appid": MERCHANT})),
    ] {
        let (status, answer) = server.post_json(path, &body);
        assert_eq!(status, 409, "{path}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains("PostgreSQL"), "{path}: {answer}");
    }
    let english = [("accept-language", "en")];
    let page = server.page("GET", "/console/sandbox", &english, "").into_body();
    assert!(page.contains("The store is PostgreSQL") && page.contains("The clock can be changed"));
    assert!(page.contains("action=\"/console/sandbox/clock\""));
    for part in ["snapshots", "reset", "spaces"] {
        assert!(!page.contains(&format!("/console/sandbox/{part}")), "{part}: {page}");
        let form = format!("form_token={}&snapshot=one&space=one", form_token(&page));
        let path = format!("/console/sandbox/{part}");
        let refused = server.page("POST", &path, &english, &form);
        assert_eq!(refused.status(), 409, "{part}: {}", refused.body());
    }
}
