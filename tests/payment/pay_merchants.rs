//! Pay merchants as an operator adds and changes them.

use kaipiao_cli::compose;
use kaipiao_tests::{MERCHANT, MINI_PROGRAM, TestServer, load, open_store};
use serde_json::json;

#[test]
fn a_key_is_made_once_and_never_shown_again() {
    let server = TestServer::start_embedded();
    let (status, made) = server.admin("PUT", "pay-merchants/1234", &json!({"name": "Till"}));
    assert_eq!(status, 201);
    let key = made["key"].as_str().unwrap();
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
    let (status, again) = server.admin("PUT", "pay-merchants/1234", &json!({"accounts": MERCHANT}));
    assert_eq!(status, 200);
    let expected = json!({"mchid": "1234", "name": "Till", "accounts": [MERCHANT],
        "sub_merchants": [], "link": null});
    assert_eq!(again, expected);
    let listed = server.all_pages("pay-merchants?limit=1", "pay_merchants");
    assert_eq!(listed[0], expected);
    assert!(!listed.iter().any(|one| one.to_string().contains("\"key\"")));
    let directory = server.stop();
    let kept = open_store(&directory.path().join("data"));
    let body = "SELECT body FROM pay_merchants WHERE owner = '1234'";
    let body: String = kept.query_row(body, [], |row| row.get(0)).unwrap();
    assert!(body.contains("sealed_key") && !body.contains(key), "{body}");
}

#[test]
fn what_is_wrong_is_named() {
    let server = TestServer::start();
    let refused = |mchid: &str, body, words: &str| {
        let (status, answer) = server.admin("PUT", &format!("pay-merchants/{mchid}"), &body);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(words), "{status} {answer}");
    };
    refused("12a4", json!({}), "mchid must be 1 to 32 digits");
    refused("1234", json!({"key": "short"}), "key must be 32 letters and digits");
    refused(
        "1234",
        json!({"accounts": [MERCHANT, "wx0"]}),
        "accounts[1] names \"wx0\", which is no account",
    );
    refused("1234", json!({"accounts": [1]}), "accounts must be a list of strings");
    refused("1234", json!({"name": "x".repeat(65)}), "name");
    assert_eq!(server.all_pages("pay-merchants?limit=9", "pay_merchants").len(), 1);
}

#[test]
fn the_sandbox_has_one_and_says_its_key() {
    let server = TestServer::start();
    let accounts = server.get_json("/sandbox/v1/accounts");
    assert_eq!(accounts["mchid"], "1900000109");
    assert_eq!(accounts["mch_key"].as_str().unwrap().len(), 32);
    let listed = server.all_pages("pay-merchants?limit=9", "pay_merchants");
    let bound = listed[0]["accounts"].as_array().unwrap();
    assert!(bound.contains(&json!(MERCHANT)) && bound.contains(&json!(MINI_PROGRAM)));
    let own = json!({"key": "0123456789abcdef0123456789abcdef"});
    assert_eq!(server.admin("PUT", "pay-merchants/1900000109", &own).0, 200);
    let server = server.restart_with("");
    assert_eq!(server.get_json("/sandbox/v1/accounts")["mch_key"], json!(null));
}

#[test]
fn the_config_file_has_the_last_word() {
    let settings = "[[pay_merchants]]\nmchid = \"1234\"\nname = \"Till\"\n\
                    key = \"0123456789abcdef0123456789abcdef\"\naccounts = [\"wx6b61697069616f31\"]\n";
    let server = TestServer::start_with(settings);
    let listed = || server.all_pages("pay-merchants?limit=9", "pay_merchants");
    assert_eq!((&listed()[0]["name"], listed().len()), (&json!("Till"), 2));
    server.admin("PUT", "pay-merchants/1234", &json!({"name": "Other"}));
    assert_eq!(listed()[0]["name"], "Other");
    let server = server.restart_with(settings);
    assert_eq!(server.all_pages("pay-merchants?limit=9", "pay_merchants")[0]["name"], "Till");
}

#[tokio::test]
async fn a_pay_merchant_of_the_file_that_cannot_stand_is_named() {
    let one = |mchid: &str| {
        format!(
            "[[pay_merchants]]\nmchid = \"{mchid}\"\nkey = \"0123456789abcdef0123456789abcdef\"\n"
        )
    };
    for (settings, index, words) in [
        (one("1234") + &one("1234"), 1, "mchid \"1234\" stands there twice"),
        (one("1234") + &one("12a4"), 1, "mchid must be 1 to 32 digits"),
        ("[[pay_merchants]]\nmchid = \"1234\"\n".to_owned(), 0, "key is missing"),
        (one("1234") + "accounts = [\"wx0\"]\n", 0, "accounts[0]"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let settings = load(directory.path(), &settings);
        let error = compose::listen(&settings, None).await.err().unwrap().to_string();
        let place = format!("pay_merchants[{index}]");
        assert!(error.contains(&place) && error.contains(words), "{error}");
    }
}
