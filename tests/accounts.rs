//! The admin API: accounts are added and changed while the server runs.

use kaipiao_tests::{MERCHANT, PLATFORM, TestServer, assert_ok, assert_refused};
use serde_json::json;

const ADMIN: &str = "kaipiao-sandbox-admin";
const NEW: &str = "wx00000000000000aa";

#[test]
fn without_the_token_nothing_is_told() {
    let server = TestServer::start();
    assert_eq!(server.get_raw("/admin/v1/accounts").status(), 401);
    for token in ["", "x", "kaipiao-sandbox-admi", "kaipiao-sandbox-admin2"] {
        assert_eq!(server.put_account(NEW, &json!({"role": "merchant"}), token).0, 401);
    }
}

#[test]
fn a_new_account_gets_a_secret_once_and_works_at_once() {
    let server = TestServer::start();
    let (status, made) =
        server.put_account(NEW, &json!({"role": "merchant", "name": "New"}), ADMIN);
    assert_eq!(status, 201, "{made}");
    let secret = made["secret"].as_str().unwrap();
    assert_eq!((secret.len(), made["original_id"].as_str()), (32, Some("gh_0000000000aa")));
    assert!(server.token_answer(NEW, secret)["access_token"].is_string());

    let (status, changed) = server.put_account(NEW, &json!({"name": "Newer"}), ADMIN);
    assert_eq!((status, changed.get("secret")), (200, None));
    assert!(server.token_answer(NEW, secret)["access_token"].is_string());

    let next = "f".repeat(32);
    server.put_account(NEW, &json!({"secret": next}), ADMIN);
    assert_refused(&server.token_answer(NEW, secret), 40125, NEW);
    assert!(server.token_answer(NEW, &next)["access_token"].is_string());
}

#[test]
fn a_platform_gets_its_s_pappid_and_a_self_built_merchant_may_have_one() {
    let server = TestServer::start();
    let (_, platform) = server.put_account(NEW, &json!({"role": "platform"}), ADMIN);
    let s_pappid = platform["s_pappid"].as_str().unwrap();
    assert_eq!(s_pappid.len(), 68);
    let desk = server.merchant();
    let mut asked = desk.asked("1", 0);
    asked["s_pappid"] = json!(s_pappid);
    assert_ok(&desk.auth_url_answer(&asked));
    let (status, refused) = server.put_account(MERCHANT, &json!({"s_pappid": s_pappid}), ADMIN);
    assert_eq!(status, 400);
    assert!(refused["error"].as_str().unwrap().contains("s_pappid does not hold"), "{refused}");
}

#[test]
fn what_is_wrong_is_named() {
    let server = TestServer::start();
    let refused = |appid, body, words: &str| {
        let (status, answer) = server.put_account(appid, &body, ADMIN);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    };
    refused("wx1", json!({"role": "merchant"}), "appid must be wx and 16");
    refused(NEW, json!({}), "role is empty");
    refused(
        NEW,
        json!({"role": "shop"}),
        "merchant, platform, reimburser, mini_program, mobile_app",
    );
    refused(NEW, json!({"role": "mini_program"}), "bound_to is empty");
    refused(
        NEW,
        json!({"role": "mini_program", "bound_to": PLATFORM}),
        "is not a merchant's account",
    );
    refused(NEW, json!({"role": "merchant", "bound_to": MERCHANT}), "bound_to only fits");
    refused(NEW, json!({"role": "merchant", "secret": "short"}), "secret must be 16 to 128");
}

#[test]
fn changes_outlive_a_restart() {
    let server = TestServer::start();
    server.put_account(NEW, &json!({"role": "merchant", "secret": "f".repeat(32)}), ADMIN);
    server.put_account(MERCHANT, &json!({"name": "Renamed"}), ADMIN);
    let server = server.restart_with("");
    assert!(server.token_answer(NEW, &"f".repeat(32))["access_token"].is_string());
    let accounts = server.get_json("/sandbox/v1/accounts");
    let names: Vec<_> =
        accounts["accounts"].as_array().unwrap().iter().map(|a| a["name"].clone()).collect();
    assert!(names.contains(&json!("Renamed")), "{names:?}");
    let of_new =
        accounts["accounts"].as_array().unwrap().iter().find(|a| a["appid"] == NEW).unwrap();
    assert_eq!(of_new["secret"], json!(null));
}
