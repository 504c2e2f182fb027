//! Section 6, first half: a user answers, through the use case that the page will call.

use kaipiao_tests::{MERCHANT, MINI_PROGRAM, MOBILE_APP, OTHER_USER, TestServer, USER, assert_ok};
use serde_json::{Value, json};

/// What stands against an answer: the order's state.
fn error(answer: (u16, Value)) -> String {
    error_of(409, &answer)
}

/// What is wrong with what was sent.
fn wrong(answer: (u16, Value)) -> String {
    error_of(400, &answer)
}

fn error_of(expected: u16, (status, answer): &(u16, Value)) -> String {
    assert_eq!(*status, expected, "{answer}");
    answer["error"].as_str().unwrap().to_owned()
}

#[test]
fn the_way_back_fits_the_source() {
    let server = TestServer::start();
    server.merchant();
    let cases = [
        ("web", MERCHANT, json!("https://mp.weixin.qq.com?order_id=1&errcode=0")),
        ("wap", MERCHANT, json!("https://mp.weixin.qq.com?order_id=1&errcode=0")),
        ("app", MOBILE_APP, json!(format!("{MOBILE_APP}://invoice?errCode=0&wxOrderId=1"))),
        ("wxa", MINI_PROGRAM, json!({"errCode": 0, "wxOrderId": "1"})),
    ];
    for (source, appid, expected) in cases {
        let server = TestServer::start();
        server.merchant();
        let client = server.client(appid);
        let mut asked = client.asked("1", 0);
        asked["source"] = json!(source);
        let answer = client.auth_url_answer(&asked);
        let link = answer["auth_url"].as_str().unwrap();
        let (status, answered) = server.answer(link, USER, "authorize", None);
        assert_eq!((status, &answered["redirect"]), (200, &expected), "{source}");
    }
}

#[test]
fn an_order_is_bound_to_one_user_once() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    assert_eq!(server.answer(&link, USER, "authorize", None).0, 200);
    assert!(error(server.answer(&link, USER, "authorize", None)).contains("already authorized"));
    assert!(error(server.answer(&link, OTHER_USER, "authorize", None)).contains("another user"));
    assert!(error(server.answer(&link, USER, "decline", None)).contains("already authorized"));
    assert_ok(&client.reject("1"));
    assert!(error(server.answer(&link, USER, "authorize", None)).contains("rejected"));
}

#[test]
fn declining_can_be_thought_over() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    for _ in 0..2 {
        let (status, answer) = server.answer(&link, USER, "decline", None);
        assert_eq!((status, answer["result"].as_str()), (200, Some("declined")));
        assert_eq!(answer["redirect"], "https://mp.weixin.qq.com?order_id=1&errcode=-4");
    }
    assert_eq!(client.status("1")["invoice_status"], "never auth");
    assert_eq!(server.answer(&link, USER, "authorize", None).0, 200);
}

#[test]
fn a_link_that_was_changed_or_has_expired_is_refused() {
    let server = TestServer::start_with("[authorization]\nlink_life_s = 100");
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    for (from, to) in
        [("m1=11", "m1=1"), ("o1=1", "o1=2"), ("type=0", "type=2"), ("signature=", "signature=0")]
    {
        assert!(
            wrong(server.answer(&link.replace(from, to), USER, "authorize", None))
                .contains("was not issued")
        );
    }
    assert!(wrong(server.answer(&link, "nobody", "authorize", None)).contains("nobody"));
    server.advance_s(99);
    let path_only = link.strip_prefix(&server.base).unwrap();
    assert_eq!(server.answer(path_only, USER, "decline", None).0, 200);
    server.advance_s(2);
    assert!(error(server.answer(&link, USER, "authorize", None)).contains("expired"));
    client.auth_url("1", 0);
    assert_eq!(server.answer(&link, USER, "authorize", None).0, 200);
}

#[test]
fn a_type_1_page_wants_what_the_merchant_wants() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 1);
    let yes = |title: Value| server.answer(&link, USER, "authorize", Some(title));
    // Who keeps no title has none to give.
    assert_eq!(server.post_json("/sandbox/v1/users", &json!({"id": "newcomer"})).0, 200);
    let untitled = wrong(server.answer(&link, "newcomer", "authorize", None));
    assert!(untitled.contains("title is missing"), "{untitled}");
    let text = wrong(yes(json!({"biz_field": {"title": "公司"}})));
    assert!(text.contains("please fill in tax_no"), "{text}");
    let text = wrong(yes(json!({"user_field": {"title": "张三", "phone": "1"}})));
    assert!(text.contains("phone is not asked for on this page"), "{text}");
    let text = wrong(yes(json!({"biz_field": {"title": "公司", "tax_no": "税号"}})));
    assert!(text.contains("tax_no does not look right, please check it"), "{text}");
    let (status, answer) = yes(json!({"user_field": {}, "biz_field": {}}));
    assert_eq!((status, answer["error"].as_str().unwrap().contains("one of them")), (400, true));
    let blank = json!({"biz_field": {"title": "公司", "tax_no": " 91440300MA5KP0001N "}});
    assert_eq!(yes(blank).0, 200);
    let kept = client.status("1")["user_auth_info"]["biz_field"]["tax_no"].clone();
    assert_eq!(kept, "91440300MA5KP0001N");
}

#[test]
fn what_the_call_itself_lacks_is_named() {
    let server = TestServer::start();
    for (body, words) in [
        (json!({}), "auth_url is empty"),
        (json!({"auth_url": "x"}), "user is empty"),
        (json!({"auth_url": "x", "user": USER}), "decision is empty"),
        (json!({"auth_url": "x", "user": USER, "decision": "yes"}), "\"authorize\" or \"decline\""),
    ] {
        let (status, answer) = server.post_json("/sandbox/v1/authorize", &body);
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[test]
fn without_a_title_the_users_default_one_is_given_as_far_as_the_page_asks() {
    let server = TestServer::start();
    let client = server.merchant();
    let (status, answer) = server.answer(&client.auth_url("1", 1), USER, "authorize", None);
    assert_eq!((status, &answer["result"]), (200, &json!("authorized")), "{answer}");
    let given = client.status("1")["user_auth_info"].clone();
    let users = server.get_json("/sandbox/v1/accounts")["users"].clone();
    let user = users.as_array().unwrap().iter().find(|user| user["id"] == USER).unwrap();
    let kept = &user["titles"][0]["biz_field"];
    let field = &given["biz_field"];
    assert_eq!((&field["title"], &field["tax_no"]), (&kept["title"], &kept["tax_no"]), "{given}");
    assert!(kept["phone"].is_string() && field["phone"].as_str().unwrap_or("").is_empty());
}
