//! The pay code that a user shows, and what is said of other codes (wire_facts 5.2).

use crate::payment::pay_client::PayClient;
use crate::payment::visitor::{Visitor, location};
use kaipiao_tests::{MERCHANT, OTHER_USER, TestServer, USER};

const QUICK: &str = "/pay/micropay";

/// Parameters of a quick payment.
pub fn quick<'a>(number: &'a str, auth_code: &'a str, fen: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("body", "tea"),
        ("out_trade_no", number),
        ("total_fee", fen),
        ("spbill_create_ip", "127.0.0.1"),
        ("auth_code", auth_code),
    ]
}

/// The digits on a visitor's page.
pub fn shown_to(visitor: &Visitor<'_>) -> String {
    let page = visitor.get("/pay-code");
    assert_eq!(page.status(), 200, "{}", page.body());
    let (_, digits) = page.body().split_once("<p class=\"digits\">").unwrap();
    digits.split("</p>").next().unwrap().chars().filter(char::is_ascii_digit).collect()
}

/// Moves the clock to the first second of a minute.
fn begin_a_minute(server: &TestServer) {
    let now = server.get_json("/sandbox/v1/clock")["now"].as_i64().unwrap();
    server.advance_s(60 - now % 60);
}

#[test]
fn a_code_is_shown_for_a_minute_and_serves_for_another() {
    let server = TestServer::start();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    begin_a_minute(&server);
    let first = shown_to(&payer);
    assert!(first.len() == 18 && first.starts_with("13"), "{first}");
    assert_eq!(shown_to(&payer), first);
    assert_ne!(shown_to(&Visitor::new(&server, OTHER_USER))[..13], first[..13]);
    let paid = pay.done(QUICK, &quick("order-1", &first, "100"));
    assert_eq!(paid.get("openid"), server.openid(USER, MERCHANT));

    server.advance_s(60);
    let second = shown_to(&payer);
    assert_ne!(second, first);
    pay.done(QUICK, &quick("order-2", &first, "100"));
    pay.done(QUICK, &quick("order-3", &second, "100"));
    server.advance_s(60);
    pay.refused(QUICK, &quick("order-4", &first, "100"), "AUTHCODEEXPIRE", "scan it again");
    pay.done(QUICK, &quick("order-4", &second, "100"));
}

#[test]
fn what_is_no_pay_code_is_told_from_one_that_is_nobodys() {
    let server = TestServer::start();
    let pay = PayClient::new(&server);
    for (code, error, words) in [
        ("139", "AUTH_CODE_ERROR", "18 digits"),
        ("1300000000000000001", "AUTH_CODE_ERROR", "18 digits"),
        ("13000000000000000x", "AUTH_CODE_ERROR", "18 digits"),
        ("160000000000000000", "AUTH_CODE_INVALID", "begin with 10 to 15"),
        ("090000000000000000", "AUTH_CODE_INVALID", "begin with 10 to 15"),
        ("130000000000000000", "AUTH_CODE_INVALID", "nobody"),
    ] {
        pay.refused(QUICK, &quick("order-1", code, "100"), error, words);
    }
    pay.refused(QUICK, &quick("order-1", "", "100"), "LACK_PARAMS", "auth_code");
}

#[test]
fn a_pay_code_is_its_users_to_see_in_the_sandbox_alone() {
    let server = TestServer::start();
    let nobody = Visitor::nobody(&server);
    assert_eq!(location(&nobody.get("/pay-code")), "/login?next=%2Fpay-code");
    let payer = Visitor::new(&server, USER);
    payer.says("/pay-code", 200, "no money moves");
    let page = payer.get("/pay-code");
    assert_eq!(page.body().matches("<svg").count(), 2, "a bar code and a QR code");
    assert_eq!(page.headers()["refresh"], "5");
    for page in ["/", "/me/cards"] {
        payer.says(page, 200, "href=\"/pay-code\"");
    }
    let production = TestServer::start_with("mode = \"production\"");
    assert_eq!(production.get_raw("/pay-code").status(), 404);
    assert!(!production.get_raw("/").body().contains("/pay-code"));
}
