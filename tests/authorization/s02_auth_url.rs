//! Section 2.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, MOBILE_APP, TestServer, USER, assert_ok, assert_refused,
};
use serde_json::{Value, json};

#[test]
fn no_link_before_the_contact_and_the_answer_says_what_to_do() {
    let server = TestServer::start();
    let client = server.client(MINI_PROGRAM);
    let answer = client.auth_url_answer(&json!({}));
    assert_refused(&answer, 72063, &format!("action=set_contact with a token of {MERCHANT}"));
    server.client(MERCHANT).set_contact();
    assert_refused(&client.auth_url_answer(&json!({})), 72031, "s_pappid is empty");
}

#[test]
fn four_sources_and_three_types_have_the_real_shapes() {
    let server = TestServer::start();
    let s_pappid = server.s_pappid();
    server.merchant();
    for (source, appid) in
        [("web", MERCHANT), ("wap", MERCHANT), ("app", MOBILE_APP), ("wxa", MINI_PROGRAM)]
    {
        let client = server.client(appid);
        for page_type in 0..=2 {
            let mut asked = client.asked("SD1096", page_type);
            asked["source"] = json!(source);
            let answer = client.auth_url_answer(&asked);
            assert_ok(&answer);
            let redirect = match source {
                "web" | "wap" => "&redirect_url=https%3A%2F%2Fmp.weixin.qq.com",
                _ => "",
            };
            let query = format!(
                "s_pappid={s_pappid}&appid={appid}&num=1&o1=SD1096&m1=11&t1=1474875876&source={source}&type={page_type}{redirect}&signature="
            );
            let (head, tail) = match source {
                "wxa" => ("pages/auth/auth?".to_owned(), ""),
                _ => (
                    format!("{}/bizmall/authinvoice?action=list&", server.base),
                    "#wechat_redirect",
                ),
            };
            let url = answer["auth_url"].as_str().unwrap();
            let signature =
                url.strip_prefix(&format!("{head}{query}")).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(signature.strip_suffix(tail).unwrap().len(), 40, "{url}");
            let wxa_appid = (source == "wxa").then_some("wx9db2c16d0633c2e7");
            assert_eq!(answer.get("appid").and_then(Value::as_str), wxa_appid);
        }
    }
}

#[test]
fn every_field_is_named_when_it_is_missing_or_wrong() {
    let server = TestServer::start();
    let client = server.merchant();
    let cases = [
        ("s_pappid", json!(null), "s_pappid is empty"),
        ("s_pappid", json!("wxabcd"), "s_pappid \"wxabcd\" is not a platform"),
        (
            "s_pappid",
            json!("d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ+UckPKeOzT5sOW03JCEfhGLW+q0iGP+o9"),
            "is not a platform",
        ),
        ("order_id", json!(""), "order_id is empty"),
        ("order_id", json!("x".repeat(65)), "order_id has 65 characters, at most 64"),
        ("order_id", json!("a\u{0}b"), "order_id holds a control character"),
        ("money", json!(null), "money is empty"),
        ("money", json!("eleven"), "money must be a whole number"),
        ("money", json!(1.5), "money must be a whole number"),
        ("money", json!(-1), "money must be 0 to"),
        ("timestamp", json!({}), "timestamp must be a whole number, not an object"),
        ("source", json!("h5"), "source must be app, web, wxa or wap, not \"h5\""),
        (
            "redirect_url",
            json!("javascript:alert(1)"),
            "redirect_url must be a http:// or https://",
        ),
        ("redirect_url", json!(format!("http://x/{}", "x".repeat(2048))), "at most 2048"),
        ("ticket", json!(null), "ticket is empty"),
        ("type", json!(3), "type must be 0, 1 or 2, not 3"),
        ("type", json!(null), "type is empty"),
    ];
    for (field, value, words) in cases {
        let mut asked = client.asked("1", 0);
        asked[field] = value;
        assert_refused(&client.auth_url_answer(&asked), 72031, words);
    }
}

#[test]
fn what_clients_really_send_is_read() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut asked = client.asked("20180905001925193", 1);
    asked["order_id"] = json!(20_180_905_001_925_193_i64);
    asked["money"] = json!("52900");
    asked["type"] = json!("1");
    asked["timestamp"] = json!(1_509_942_717_123_i64);
    asked["redirect_url"] = json!(null);
    asked["unknown"] = json!({"deep": [1, 2]});
    let s_pappid = server.s_pappid().replace('-', "+").replace('_', "/");
    asked["s_pappid"] = json!(s_pappid);
    let answer = client.auth_url_answer(&asked);
    assert_ok(&answer);
    let url = answer["auth_url"].as_str().unwrap();
    assert!(
        url.contains("&o1=20180905001925193&m1=52900&t1=4294967295&source=web&type=1&signature="),
        "{url}"
    );
}

#[test]
fn the_last_request_wins_until_the_user_authorizes_and_the_call_answers_afterwards() {
    let server = TestServer::start();
    let client = server.merchant();
    let old_link = client.auth_url("1", 1);
    client.auth_url("1", 0);
    // The newest request is type 0: it needs no title, whatever the older link says.
    let (status, answer) = server.answer(&old_link, USER, "authorize", None);
    assert_eq!(status, 200, "{answer}");
    client.auth_url("1", 1);
    assert_eq!(client.status("1")["invoice_status"], "auth success");
    assert_eq!(client.status("1").get("user_auth_info"), None);
}

#[test]
fn a_rejected_order_gets_no_new_link() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    assert_ok(&client.reject("1"));
    let answer = client.auth_url_answer(&client.asked("1", 0));
    assert_refused(&answer, 72035, "use a new order_id");
}

#[test]
fn one_order_asked_for_by_many_at_once_is_busy_for_some_and_broken_for_none() {
    let server = TestServer::start();
    let client = server.merchant();
    let asked = client.asked("1", 0);
    let mut busy = 0;
    for _ in 0..20 {
        std::thread::scope(|scope| {
            let calls: Vec<_> =
                (0..48).map(|_| scope.spawn(|| client.auth_url_answer(&asked))).collect();
            for call in calls {
                let answer = call.join().unwrap();
                if answer["errcode"] == json!(72036) {
                    assert_refused(&answer, 72036, "try again");
                    busy += 1;
                } else {
                    assert_ok(&answer);
                }
            }
        });
        if busy > 0 {
            return;
        }
    }
    panic!("72036 was never raised");
}

#[test]
fn order_numbers_of_35_digits_are_not_rounded() {
    let server = TestServer::start();
    let client = server.merchant();
    for order_id in ["18050610074402878502300701525769754", "18050610074402878502300701525769755"] {
        let body = client.asked("ORDER", 0).to_string().replace("\"ORDER\"", order_id);
        let answer = client.post_text("/card/invoice/getauthurl", &body);
        assert_ok(&answer);
        assert!(answer["auth_url"].as_str().unwrap().contains(&format!("&o1={order_id}&")));
    }
}

#[test]
fn a_redirect_url_is_only_looked_at_where_it_is_used() {
    let server = TestServer::start();
    let client = server.merchant();
    for (source, redirect_url) in [("app", "myshop://back"), ("wxa", "/pages/back")] {
        let mut asked = client.asked(source, 0);
        asked["source"] = json!(source);
        asked["redirect_url"] = json!(redirect_url);
        let answer = client.auth_url_answer(&asked);
        assert_ok(&answer);
        assert!(!answer["auth_url"].as_str().unwrap().contains("redirect_url"));
        asked["source"] = json!("web");
        assert_refused(&client.auth_url_answer(&asked), 72031, "redirect_url must be");
    }
}
