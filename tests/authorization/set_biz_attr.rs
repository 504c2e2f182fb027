//! Sections 9 to 12, 17 and 18: one address, six actions.

use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, assert_ok, assert_refused};
use serde_json::{Value, json};

fn golden(path: &str) -> String {
    let path = format!("{}/../spec/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

#[test]
fn before_anything_is_set_each_getter_has_its_code() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    assert_refused(&client.attribute("get_contact", &json!({})), 72063, MERCHANT);
    assert_refused(&client.attribute("get_auth_field", &json!({})), 72029, MERCHANT);
    assert_refused(&client.attribute("get_pay_mch", &json!({})), 72028, MERCHANT);
}

#[test]
fn the_golden_requests_give_the_golden_answers() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let call = |action: &str, body: &str| {
        let path = client.path(&format!("/card/invoice/setbizattr?action={action}"));
        server.post_raw(&path, None, body).body().clone()
    };
    let request = golden("s17_set_contact/request.json");
    assert_eq!(call("set_contact", &request), golden("s17_set_contact/response.json"));
    assert_eq!(call("get_contact", "{}"), golden("s18_get_contact/response.json"));
    let request = golden("s09_set_page_fields/request.json");
    assert_eq!(call("set_auth_field", &request), golden("s09_set_page_fields/response.json"));
    // Section 10's own sample is what this request without its require_ flags sets.
    let mut plain: Value = serde_json::from_str(&request).unwrap();
    for side in ["user_field", "biz_field"] {
        let members = plain["auth_field"][side].as_object_mut().unwrap();
        members.retain(|name, _| !name.starts_with("require_"));
        members["custom_field"][0]["is_require"] = json!(0);
    }
    assert_eq!(call("set_auth_field", &plain.to_string()), r#"{"errcode":0,"errmsg":"ok"}"#);
    assert_eq!(call("get_auth_field", "{}"), golden("s10_get_page_fields/response.json"));
}

#[test]
fn getters_take_any_body_and_get() {
    let server = TestServer::start();
    let client = server.merchant();
    let call = "/card/invoice/setbizattr?action=get_contact";
    for body in ["", "{}", "\"{}\"\n", "null", r#"{"mchid":"1"}"#, "junk"] {
        assert_ok(&client.post_text(call, body));
    }
    assert_ok(&server.get(&client.path(call)));
}

#[test]
fn setting_replaces_all_and_the_apps_share_the_merchants() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let set = |fields: Value| client.attribute("set_auth_field", &json!({"auth_field": fields}));
    assert_ok(&set(json!({"user_field": {"show_phone": 1}, "biz_field": {"require_addr": "1"}})));
    assert_ok(&set(json!({"user_field": {"require_email": 1}, "biz_field": {}})));
    let answer = server.client(MINI_PROGRAM).attribute("get_auth_field", &json!({}));
    let user = &answer["auth_field"]["user_field"];
    assert_eq!(
        (&user["show_phone"], &user["show_email"], &user["require_email"]),
        (&json!(0), &json!(1), &json!(1))
    );
    assert_eq!(answer["auth_field"]["biz_field"]["require_addr"], json!(0));
}

#[test]
fn custom_fields_as_clients_send_them() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let fields = json!({"auth_field": {
        "user_field": {"custom_field": {"key": "field1", "value": null, "Is_require": 1, "notice": "hint"}},
        "biz_field": {"custom_field": [{"key": "k"}]},
    }});
    assert_ok(&client.attribute("set_auth_field", &fields));
    let answer = client.attribute("get_auth_field", &json!({}));
    let custom = |side: &str| answer["auth_field"][side]["custom_field"].clone();
    assert_eq!(custom("user_field"), json!([{"key": "field1", "is_require": 1, "notice": "hint"}]));
    assert_eq!(custom("biz_field"), json!([{"key": "k", "is_require": 0}]));
}

#[test]
fn what_is_wrong_is_named() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let refused =
        |action, body, words| assert_refused(&client.attribute(action, &body), 72031, words);
    refused("set_contact", json!({}), "contact is missing");
    refused("set_contact", json!({"contact": {"time_out": 1}}), "contact.phone is empty");
    refused(
        "set_contact",
        json!({"contact": {"phone": "1", "time_out": []}}),
        "contact.time_out must be a whole number",
    );
    refused(
        "set_contact",
        json!({"contact": {"phone": "1", "time_out": -1}}),
        "contact.time_out must be 0 to 4294967295, not -1",
    );
    refused("set_auth_field", json!({}), "auth_field is missing");
    refused(
        "set_auth_field",
        json!({"auth_field": {"biz_field": {}}}),
        "auth_field.user_field is missing",
    );
    let key = |key: String| json!({"auth_field": {"user_field": {"custom_field": [{"key": key}]}, "biz_field": {}}});
    refused("set_auth_field", key(String::new()), "custom_field[0].key is empty");
    refused("set_auth_field", key("k".repeat(33)), "at most 32");
    refused("set_pay_mch", json!({}), "paymch_info is missing");
    refused("set_pay_mch", json!({"paymch_info": {"mchid": "1"}}), "paymch_info.s_pappid is empty");
    refused("set_contacts", json!({}), "action must be set_auth_field");
}

#[test]
fn a_missing_action_is_read_off_the_body() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let call = "/card/invoice/setbizattr";
    assert_ok(&client.post(call, &json!({"contact": {"phone": "1", "time_out": 1}})));
    assert_refused(&client.post(call, &json!({})), 72031, "action must be");
    assert_refused(&client.post_text(call, ""), 72031, "action must be");
}

#[test]
fn the_action_may_stand_in_the_body_and_php_sends_empty_lists() {
    let server = TestServer::start();
    let client = server.merchant();
    let answer = client.post("/card/invoice/setbizattr", &json!({"action": "get_contact"}));
    assert_eq!(answer["contact"]["phone"], "88888888");
    let answer = client.post("/card/invoice/setbizattr", &json!({"action": "nonsense"}));
    assert_refused(&answer, 72031, "not \"nonsense\"");
    assert_ok(
        &client.attribute(
            "set_auth_field",
            &json!({"auth_field": {"user_field": [], "biz_field": []}}),
        ),
    );
}
