//! Sections 11 and 12: linking a pay merchant and a platform.

use kaipiao_tests::{MERCHANT, MINI_PROGRAM, PLATFORM, TestServer, assert_ok, assert_refused};
use serde_json::{Value, json};

/// The sandbox's pay merchant.
const MCHID: &str = "1900000109";

fn info(mchid: &str, s_pappid: &str) -> Value {
    json!({"paymch_info": {"mchid": mchid, "s_pappid": s_pappid}})
}

fn golden(path: &str) -> String {
    let path = format!("{}/../spec/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

#[test]
fn what_is_linked_is_answered_and_the_apps_share_the_merchants() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let s_pappid = server.s_pappid();
    assert_refused(&client.attribute("get_pay_mch", &json!({})), 72028, "set_pay_mch");
    let path = client.path("/card/invoice/setbizattr?action=set_pay_mch");
    let answer = server.post_raw(&path, None, &info(MCHID, &s_pappid).to_string());
    assert_eq!(*answer.body(), golden("s11_set_pay_merchant/response.json"));
    let path = client.path("/card/invoice/setbizattr?action=get_pay_mch");
    let expected = golden("s12_get_pay_merchant/response.json");
    let expected = expected.replace("1234", MCHID).replace("wxabcd", &s_pappid);
    assert_eq!(*server.post_raw(&path, None, "{}").body(), expected);
    let app = server.client(MINI_PROGRAM);
    assert_eq!(app.attribute("get_pay_mch", &json!({}))["paymch_info"]["mchid"], MCHID);
    assert_ok(&app.attribute("set_pay_mch", &info(&format!(" {MCHID} "), &s_pappid)));
}

#[test]
fn linking_again_replaces_the_platform_and_another_mchid_replaces_the_first() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let other = "wx0123456789abcde2";
    let (status, platform) =
        server.admin("PUT", &format!("accounts/{other}"), &json!({"role": "platform"}));
    assert_eq!(status, 201);
    let other = platform["s_pappid"].as_str().unwrap().to_owned();
    assert_ok(&client.attribute("set_pay_mch", &info(MCHID, &server.s_pappid())));
    assert_ok(&client.attribute("set_pay_mch", &info(MCHID, &other)));
    let linked = client.attribute("get_pay_mch", &json!({}));
    assert_eq!(linked["paymch_info"], json!({"mchid": MCHID, "s_pappid": other}));

    let second = json!({"accounts": [MERCHANT]});
    assert_eq!(server.admin("PUT", "pay-merchants/1234", &second).0, 201);
    assert_ok(&client.attribute("set_pay_mch", &info("1234", &other)));
    assert_eq!(client.attribute("get_pay_mch", &json!({}))["paymch_info"]["mchid"], "1234");
    let (_, listed) = server.admin("GET", "pay-merchants", &json!({}));
    let links: Vec<_> = listed["pay_merchants"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&links[0]["mchid"], &links[0]["link"]["appid"]),
        (&json!("1234"), &json!(MERCHANT))
    );
    assert_eq!((&links[1]["mchid"], &links[1]["link"]), (&json!(MCHID), &Value::Null));
}

#[test]
fn an_mchid_of_nobody_or_of_another_account_is_72030() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let s_pappid = server.s_pappid();
    let refused = |mchid: &str, words: &str| {
        assert_refused(&client.attribute("set_pay_mch", &info(mchid, &s_pappid)), 72030, words);
    };
    refused("1234", "PUT /admin/v1/pay-merchants");
    refused("wx1", "\"wx1\"");
    let theirs = "wx0123456789abcde1";
    server.admin("PUT", &format!("accounts/{theirs}"), &json!({"role": "merchant"}));
    server.admin("PUT", "pay-merchants/1234", &json!({"accounts": [theirs]}));
    refused("1234", theirs);
    let both_wrong = client.attribute("set_pay_mch", &info("1234", "wxabcd"));
    assert_refused(&both_wrong, 72030, theirs);
    server.admin("PUT", "pay-merchants/1234", &json!({"accounts": [theirs, MERCHANT]}));
    let (_, account) =
        server.admin("PUT", &format!("accounts/{theirs}"), &json!({"secret": "0123456789abcdef"}));
    assert_eq!(account["appid"], theirs);
    let token = server.token_answer(theirs, "0123456789abcdef")["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ok(&server.client_with(token).attribute("set_pay_mch", &info("1234", &s_pappid)));
    refused("1234", theirs);
    assert_refused(&client.attribute("get_pay_mch", &json!({})), 72028, MERCHANT);
}

#[test]
fn an_unknown_platform_is_72031_and_changes_nothing() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    for s_pappid in ["wxabcd", PLATFORM] {
        assert_refused(&client.attribute("set_pay_mch", &info(MCHID, s_pappid)), 72031, s_pappid);
    }
    assert_refused(&client.attribute("get_pay_mch", &json!({})), 72028, MERCHANT);
}

#[test]
fn what_the_operator_takes_away_is_linked_no_more() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    assert_ok(&client.attribute("set_pay_mch", &info(MCHID, &server.s_pappid())));
    let (status, _) =
        server.admin("PUT", &format!("pay-merchants/{MCHID}"), &json!({"accounts": []}));
    assert_eq!(status, 200);
    assert_refused(&client.attribute("get_pay_mch", &json!({})), 72028, MERCHANT);
}
