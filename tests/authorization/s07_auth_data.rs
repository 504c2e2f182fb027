//! Section 7.

use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, USER, assert_ok, assert_refused};
use serde_json::json;

#[test]
fn never_auth_says_why() {
    let server = TestServer::start();
    let client = server.merchant();
    let hint = |order_id: &str| {
        let answer = client.status(order_id);
        assert_eq!(
            (&answer["errcode"], answer["invoice_status"].as_str()),
            (&json!(0), Some("never auth"))
        );
        assert_eq!(answer.as_object().unwrap().len(), 3, "{answer}");
        answer["errmsg"].as_str().unwrap().to_owned()
    };
    assert!(hint("1").starts_with("ok, order_id 1: this account never called getauthurl"));
    let link = client.auth_url("1", 0);
    assert!(hint("1").contains("has not authorized yet"));
    server.answer(&link, USER, "decline", None);
    assert!(hint("1").contains("declined"));
}

#[test]
fn a_type_1_title_comes_back_verbatim() {
    let server = TestServer::start();
    let client = server.merchant();
    let fields = json!({"auth_field": {
        "user_field": {"show_title": 1, "show_phone": 1, "show_email": 1, "custom_field": [{"key": "field1"}]},
        "biz_field": {"show_title": 1, "show_tax_no": 1, "show_addr": 1, "show_phone": 1, "show_bank_type": 1, "show_bank_no": 1},
    }});
    assert_ok(&client.attribute("set_auth_field", &fields));
    let titles = [
        json!({"user_field": {"title": "Dhxhhx ", "phone": "5554545", "email": "a@qq.com", "custom_field": [{"key": "field1", "value": "<&\"中"}]}}),
        json!({"biz_field": {"title": "公司", "tax_no": "6464646766", "addr": "路", "phone": "1", "bank_type": "行", "bank_no": "5", "custom_field": []}}),
        json!({"user_field": {"title": "only the title", "custom_field": []}}),
    ];
    for (number, title) in titles.iter().enumerate() {
        let order_id = format!("order-{number}");
        let (status, answer) =
            server.answer(&client.auth_url(&order_id, 1), USER, "authorize", Some(title.clone()));
        assert_eq!(status, 200, "{answer}");
        let status = client.status(&order_id);
        assert_ok(&status);
        assert_eq!(
            (&status["invoice_status"], &status["user_auth_info"]),
            (&json!("auth success"), title)
        );
        assert_eq!(status["auth_time"].as_i64().unwrap().to_string().len(), 10);
    }
}

#[test]
fn types_0_and_2_have_no_title_even_when_one_is_given() {
    let server = TestServer::start();
    let client = server.merchant();
    for page_type in [0, 2] {
        let order_id = page_type.to_string();
        let title = Some(json!({"user_field": {"title": "x"}}));
        assert_eq!(
            server.answer(&client.auth_url(&order_id, page_type), USER, "authorize", title).0,
            200
        );
        assert_eq!(client.status(&order_id).get("user_auth_info"), None);
    }
}

#[test]
fn orders_belong_to_their_merchant_and_the_apps_bound_to_it() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    assert_eq!(server.client(MINI_PROGRAM).status("1")["invoice_status"], "auth success");
    let secret = "0123456789abcdef0123456789abcdef";
    let other = json!({"role": "merchant", "secret": secret});
    server.put_account("wx00000000000000aa", &other, "kaipiao-sandbox-admin");
    let answer = server.token_answer("wx00000000000000aa", secret);
    let path = format!(
        "/card/invoice/getauthdata?access_token={}",
        answer["access_token"].as_str().unwrap()
    );
    let foreign = server.post(&path, &json!({"s_pappid": server.s_pappid(), "order_id": "1"}));
    assert_eq!(foreign["invoice_status"], "never auth");
    let other_platform = "d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ+UckPKeOzT5sOW03JCEfhGLW+q0iGP+o9";
    let body = json!({"s_pappid": other_platform, "order_id": "1"});
    let answer = client.post("/card/invoice/getauthdata", &body);
    assert!(answer["errmsg"].as_str().unwrap().contains("another s_pappid"), "{answer}");
}

#[test]
fn s_appid_is_read_also_in_a_form() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let s_pappid = server.s_pappid();
    let path = client.path("/card/invoice/getauthdata");
    let form = format!("order_id=1&s_appid={s_pappid}");
    let answer = server.post_raw(&path, Some("application/x-www-form-urlencoded"), &form);
    assert!(answer.body().contains("auth success"), "{}", answer.body());
    let answer = server.post(&path, &json!({"order_id": "1", "s_appid": s_pappid}));
    assert_eq!(answer["invoice_status"], "auth success");
}

#[test]
fn what_is_missing_is_named() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let call = |body| client.post("/card/invoice/getauthdata", &body);
    assert_refused(&call(json!({})), 72031, "s_pappid is empty");
    assert_refused(&call(json!({"s_pappid": server.s_pappid()})), 72031, "order_id is empty");
}
