//! The console, used as its users use it.

use crate::harness::{Browser, DESK_AND_PHONE, DESKTOP, PHONE};
use kaipiao_tests::{ADMIN, MERCHANT, Receiver, TestServer, USER};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_reads_well_at_a_desk_and_on_a_phone() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "safe");
    server.merchant().issued("console-1", "c1");
    let bo =
        json!({"role": "developer", "accounts": [MERCHANT], "password": "correct horse battery"});
    assert_eq!(server.admin("PUT", "console-users/bo", &bo).0, 201);
    for look in DESK_AND_PHONE {
        let browser = Browser::open(look).await;
        for (name, path) in [
            ("overview", "/console".to_owned()),
            ("overview-day", "/console?span=day".to_owned()),
            ("accounts", "/console/accounts".to_owned()),
            ("account", format!("/console/accounts/{MERCHANT}")),
            ("users", "/console/users".to_owned()),
            ("user", "/console/users/bo".to_owned()),
            ("fields", format!("/console/accounts/{MERCHANT}/fields")),
            ("nothing", "/console/nothing".to_owned()),
            ("login", "/console/login".to_owned()),
        ] {
            browser.go(&format!("{}{path}", server.base)).await;
            browser.shoot_dense(&format!("console-{name}")).await;
            // axe reads the contrast of the dark ones, which have the same colours on a phone.
            if look.scripts && look.width == DESKTOP.width {
                browser.goes_dark().await;
                browser.shoot_dense(&format!("console-dark-{name}")).await;
                browser.goes_light().await;
            }
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_logs_in_and_out() {
    let admin = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(admin.path(), ADMIN).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\npublic_base_url = \"http://localhost\"\nadmin_token_file = {:?}",
        admin.path()
    ));
    let user = json!({"role": "operator", "password": "correct horse battery"});
    assert_eq!(server.admin("PUT", "console-users/amy", &user).0, 201);
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/console/accounts", server.base)).await;
    browser.fill("name", "amy").await;
    browser.fill("password", "wrong").await;
    browser.press("Log in").await;
    browser.says("The name or the password is wrong.").await;
    browser.shoot_dense("console-login-wrong").await;
    browser.fill("password", "correct horse battery").await;
    browser.press("Log in").await;
    browser.says("There are no accounts").await;
    assert!(browser.address().await.ends_with("/console/accounts"));
    browser.shoot_dense("console-no-accounts").await;
    browser.submit(".side .foot button").await;
    browser.says("You're logged out.").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_a_user_who_changes_their_password() {
    let admin = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(admin.path(), ADMIN).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\npublic_base_url = \"http://localhost\"\nadmin_token_file = {:?}",
        admin.path()
    ));
    let user = json!({"role": "operator", "password": "correct horse battery"});
    assert_eq!(server.admin("PUT", "console-users/amy", &user).0, 201);
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/console/users", server.base)).await;
    browser.fill("name", "amy").await;
    browser.fill("password", "correct horse battery").await;
    browser.press("Log in").await;
    browser.fill("name", "bo").await;
    browser.press("Add the user").await;
    browser.says("It is shown this once").await;
    browser.shoot_dense("console-user-added").await;
    let password = browser.find("#password").await.text().await.unwrap();
    browser.submit(".side .foot button").await;
    browser.says("You're logged out.").await;
    browser.fill("name", "bo").await;
    browser.fill("password", &password).await;
    browser.press("Log in").await;
    browser.submit(".side .foot a[href='/console/password']").await;
    browser.fill("present", &password).await;
    browser.fill("next", "a password of bo's").await;
    browser.shoot_dense("console-password").await;
    browser.press("Change it").await;
    browser.says("Your password is changed").await;
    browser.close().await;
}

/// Types into a field of the form that adds something.
async fn adds(browser: &Browser, name: &str, text: &str) {
    browser.find(&format!("#add [name={name}]")).await.send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_an_account_numbers_and_a_pay_merchant() {
    let server = TestServer::start();
    let (appid, taxpayer) = ("wx00000000000000aa", "91440300MA5KP0001N");
    for look in [DESKTOP, PHONE] {
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/console/accounts", server.base)).await;
        // On the phone it is there already, and the page says so beside its field.
        adds(&browser, "appid", appid).await;
        adds(&browser, "name", "Haifeng").await;
        if look.width == PHONE.width {
            browser.submit("#add button").await;
            browser.says("账号：已被其他账号使用。").await;
            browser.shoot_dense("console-account-refused").await;
            for path in ["/console/payments", &format!("/console/numbers?appid={MERCHANT}")] {
                browser.go(&format!("{}{path}", server.base)).await;
                browser.shoot_dense("console-adding").await;
            }
        } else {
            adds(&browser, "taxpayer", "Haifeng").await;
            adds(&browser, "tax_id", taxpayer).await;
            browser.press("Add the account").await;
            browser.says("The account is added").await;
            browser.shoot_dense("console-account-added").await;
            browser.go(&format!("{}/console/numbers?appid={appid}", server.base)).await;
            for (name, typed) in [("code", "951"), ("first", "1"), ("last", "500")] {
                adds(&browser, name, typed).await;
            }
            browser.press("Allot the range").await;
            browser.says("The range is allotted.").await;
            browser.shoot_dense("console-numbers-allotted").await;
            browser.go(&format!("{}/console/payments", server.base)).await;
            adds(&browser, "mchid", "1900000999").await;
            adds(&browser, "accounts", appid).await;
            browser.press("Add the pay merchant").await;
            browser.says("The pay merchant is added").await;
            browser.shoot_dense("console-pay-merchant-added").await;
        }
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_seen_in_the_preview_at_once_and_on_the_page_once_it_is_saved() {
    let server = TestServer::start();
    let client = server.merchant();
    client.set_contact();
    let link = client.auth_url("console-2", 1);
    let browser = Browser::open(DESKTOP).await;
    browser.go(&format!("{}/console/accounts/{MERCHANT}", server.base)).await;
    browser.press("Edit and preview").await;
    browser.fill("company.custom.key", "Cost centre").await;
    browser
        .until("the preview follows", async || {
            browser.has("iframe[data-type='1'][src*='Cost']").await
        })
        .await;
    browser.press("Save").await;
    browser.says("The page's fields are saved.").await;
    browser.go(&format!("{}/login?next=/me/titles", server.base)).await;
    browser.submit(&format!("[value='{USER}']")).await;
    browser.go(&link).await;
    browser.click("label[for='kind-company']").await;
    browser.says("Cost centre").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_push_arrives_and_its_answer_is_shown() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    for look in [PHONE, DESKTOP] {
        let browser = Browser::open(look).await;
        browser.go(&format!("{}/console/accounts/{MERCHANT}", server.base)).await;
        browser.submit("#test button").await;
        let said =
            if look.lang == "en" { "The test push arrived" } else { "测试推送已送达" };
        browser.says(said).await;
        browser.shoot_dense("console-test-push").await;
        assert!(receiver.next().event(MERCHANT).contains("kaipiao_test"));
        browser.close().await;
    }
}
