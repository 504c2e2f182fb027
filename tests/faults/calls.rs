//! Faults of calls.

use super::{planned, played, sent};
use kaipiao_app::faults::{CallPath, Whose};
use kaipiao_http::{ROUTES, struck_paths};
use kaipiao_tests::pay_client::{MCHID, PayClient};
use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, PLATFORM, REIMBURSER, TestServer, assert_ok, assert_refused,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const AUTH_URL: &str = "/card/invoice/getauthurl";

#[test]
fn a_call_is_refused_with_the_tables_text_and_a_rid_so_many_times() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": AUTH_URL, "errcode": 72036, "n": 2, "appid": MERCHANT}));
    let asked = client.asked("1", 0);
    for _ in 0..2 {
        let answer = client.auth_url_answer(&asked);
        let text = answer["errmsg"].as_str().unwrap();
        assert!(answer["errcode"] == 72036 && text.starts_with("invoice is busy rid: "), "{text}");
    }
    assert_ok(&client.auth_url_answer(&asked));
    assert_eq!(played(&server), vec![(json!(AUTH_URL), json!(MERCHANT)); 2]);
    assert_eq!(server.get_json("/sandbox/v1/faults")["faults"], json!([]));
}

#[test]
fn a_token_is_refused_as_other_services_refuse_it() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": "token", "errcode": 40014}));
    assert_refused(&client.post(AUTH_URL, &json!({})), 40014, "invalid access_token");
    assert_refused(&client.post(AUTH_URL, &json!({})), 72031, "s_pappid");
}

#[test]
fn a_late_call_is_answered_all_the_same() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": AUTH_URL, "delay_ms": 300}));
    let begun = Instant::now();
    client.auth_url("1", 0);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_late_call_holds_up_no_stop() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": AUTH_URL, "delay_ms": 300_000}));
    let (base, path) = (server.base.clone(), client.path(AUTH_URL));
    let body = client.asked("1", 0).to_string();
    let late = std::thread::spawn(move || sent(&base, "POST", &path, &body));
    server.wait_until("it was struck", || !played(&server).is_empty());
    let begun = Instant::now();
    drop(server.stop());
    let answer = late.join().unwrap();
    assert!(answer.contains("\"auth_url\""), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(9), "limits.shutdown_ms was not waited for");
}

#[test]
fn a_connection_ends_before_the_work_or_after_it() {
    let server = TestServer::start();
    let client = server.merchant();
    for (drop, order_id, is_done) in [("before", "1", false), ("after", "2", true)] {
        client.authorized(order_id);
        let path = "/card/invoice/rejectinsert";
        planned(&server, json!({"target": path, "drop": drop}));
        let body = json!({"s_pappid": server.s_pappid(), "order_id": order_id, "reason": "no"});
        assert_eq!(sent(&server.base, "POST", &client.path(path), &body.to_string()), "", "{drop}");
        let is_rejected = client.reject(order_id)["errcode"] == 72035;
        assert_eq!(is_rejected, is_done, "{drop}");
        assert_eq!(lost_answer(&server, path).contains("\"errcode\":0"), is_done, "{drop}");
    }
    server.leaves_pushes();
}

/// What the request log has of the newest answer at a path that was not sent.
fn lost_answer(server: &TestServer, path: &str) -> String {
    let get = |path: &str| {
        let (status, answer) = server.admin("GET", path, &json!({}));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let listed = get(&format!("requests?route={path}"));
    let is_lost = |request: &&Value| request["status"] == 0;
    let lost = listed["requests"].as_array().unwrap().iter().find(is_lost);
    let rid = lost.expect("it stands there")["rid"].as_str().unwrap().to_owned();
    get(&format!("requests/{rid}"))["answer_body"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn calls_with_a_token_find_it_replaced_and_getting_one_fails() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": "token", "errcode": 40001, "appid": MERCHANT}));
    assert_ok(
        &server.client(MINI_PROGRAM).post("/cgi-bin/clear_quota", &json!({"appid": MINI_PROGRAM})),
    );
    assert_refused(&client.status("1"), 40001, "invalid credential");
    planned(&server, json!({"target": "token", "errcode": 42001}));
    assert_refused(&client.status("1"), 42001, "access_token expired");
    planned(&server, json!({"target": "/cgi-bin/token", "errcode": -1, "appid": MERCHANT}));
    let secret = server.secret(MERCHANT);
    assert_eq!(server.token_answer(MERCHANT, &secret)["errcode"], -1);
    assert!(server.token_answer(MERCHANT, &secret)["access_token"].is_string());
}

#[test]
fn a_quota_is_used_up_until_the_account_clears_it() {
    let server = TestServer::start();
    let client = server.merchant();
    planned(&server, json!({"target": "quota", "path": AUTH_URL}));
    let asked = client.asked("1", 0);
    for _ in 0..2 {
        // The document does not have the code for this call: nobody's quota of it is ever used up, but for this.
        let answer = sent(&server.base, "POST", &client.path(AUTH_URL), &asked.to_string());
        let (_, answer) = answer.rsplit_once("\r\n\r\n").unwrap();
        let answer = serde_json::from_str(answer).unwrap();
        assert_refused(&answer, 45009, "reach max api daily quota limit");
    }
    let path = json!({"cgi_path": AUTH_URL});
    let quota = client.post("/cgi-bin/openapi/quota/get", &path)["quota"].clone();
    assert_eq!(quota, json!({"daily_limit": 0, "used": 0, "remain": 0}));
    assert_ok(&client.post("/cgi-bin/openapi/quota/clear", &path));
    assert_ok(&client.auth_url_answer(&asked));
}

#[test]
fn a_platforms_calls_are_struck_and_no_others() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    planned(&server, json!({"target": "platform", "errcode": -1}));
    server.merchant().auth_url("1", 0);
    assert_refused(&platform.post("/card/invoice/seturl", &json!({})), -1, "system error");
    assert_ok(&platform.post("/card/invoice/seturl", &json!({})));
}

#[test]
fn a_pay_merchants_call_is_refused_in_signed_xml() {
    let server = TestServer::start();
    let pay = PayClient::new(&server);
    let fault = json!({"target": "/pay/orderquery", "errcode": "SYSTEMERROR", "appid": MCHID});
    planned(&server, fault);
    pay.order("number1", &[]);
    let query = [("out_trade_no", "number1")];
    pay.refused("/pay/orderquery", &query, "SYSTEMERROR", "the call was refused");
    pay.done("/pay/orderquery", &query);
}

#[test]
fn every_call_that_is_listed_can_be_struck() {
    let server = TestServer::start();
    let clients = [MERCHANT, PLATFORM, REIMBURSER, MINI_PROGRAM].map(|appid| server.client(appid));
    // Whose call it is where there is no token; a call is struck before its secret is looked at.
    let grant = [("grant_type", "client_credential"), ("appid", MERCHANT), ("secret", "none")];
    let claim = grant.into_iter().chain([("appsecret", "none")]);
    let query: Vec<_> = claim.clone().map(|(name, value)| format!("{name}={value}")).collect();
    // The action is one that the merchant may call.
    let query = query.join("&") + "&action=get_contact";
    let named = Value::from_iter(claim).to_string();
    let own = struck_paths().filter(|at| matches!(at.whose, Whose::Accounts | Whose::Platforms));
    for CallPath { path, .. } in own {
        let id = planned(&server, json!({"target": path, "errcode": -1}));
        let route = ROUTES.iter().find(|route| route.path == path).unwrap();
        let method = if route.methods.contains("GET") { "GET" } else { "POST" };
        // Whoever may not call is refused for that.
        let is_struck = clients.iter().any(|client| {
            let called = format!("{}&{query}", client.path(path));
            server.call(method, &called, &named)["errcode"] == -1
        });
        assert!(is_struck, "{method} {path}");
        let listed = server.get_json("/sandbox/v1/faults");
        let newest = listed["played"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&newest["id"], &newest["to"]), (&json!(id), &json!(path)), "{method} {path}");
    }
}
