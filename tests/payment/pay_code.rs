//! The pay code that a user shows, and what is said of other codes (wire_facts 5.2).

use crate::payment::pay_client::{PayClient, link_with_contact};
use crate::payment::visitor::{Visitor, details, location};
pub use kaipiao_tests::pay_client::{contract_of, fixed_code, quick};
use kaipiao_tests::{MERCHANT, OTHER_USER, TestServer, USER};
use serde_json::Value;

const QUICK: &str = "/pay/micropay";
const REVERSE: &str = "/secapi/pay/reverse";
/// The least that a payer is asked for.
const MUCH: &str = "100001";

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

/// What the sandbox tells a user last.
fn last_message(server: &TestServer, user: &str) -> Value {
    server.get_json(&format!("/sandbox/v1/messages?user={user}"))["messages"][0].clone()
}

#[test]
fn above_1000_yuan_quick_pay_waits_for_the_payers_yes() {
    let server = TestServer::start();
    link_with_contact(&server);
    let pay = PayClient::new(&server);
    let (payer, other) = (Visitor::new(&server, USER), Visitor::new(&server, OTHER_USER));
    let code = fixed_code(&server, USER);
    pay.done(QUICK, &quick("order-0", &code, "100000"));
    let asked = [quick("order-1", &code, MUCH), vec![("receipt", "Y")]].concat();
    for _ in 0..2 {
        pay.refused(QUICK, &asked, "USERPAYING", "ask orderquery");
        assert_eq!(pay.trade_state("order-1"), "USERPAYING");
    }
    // Another payer's code, or other parameters, do not take its place.
    let others = fixed_code(&server, OTHER_USER);
    let others = [quick("order-1", &others, MUCH), vec![("receipt", "Y")]].concat();
    pay.refused(QUICK, &others, "BUYER_MISMATCH", "another payer");
    pay.refused(QUICK, &quick("order-1", &code, "200000"), "OUT_TRADE_NO_USED", "total_fee");
    let refund = [
        ("out_trade_no", "order-1"),
        ("out_refund_no", "r-1"),
        ("total_fee", MUCH),
        ("refund_fee", "1"),
    ];
    pay.refused("/secapi/pay/refund", &refund, "TRADE_STATE_ERROR", "USERPAYING");

    // The payer is told, on the page of their code too, and nobody else.
    let message = last_message(&server, USER);
    assert_eq!(message["event"], "payment_to_confirm");
    let cashier = format!("/cashier?prepay_id={}", message["prepay_id"].as_str().unwrap());
    for page in ["/pay-code", "/me/messages"] {
        payer.says(page, 200, &cashier);
        payer.says(page, 200, "1000.01");
        assert!(!other.get(page).body().contains("1000.01"));
    }
    other.says(&cashier, 403, "This payment is for somebody else");
    assert_eq!(other.press("/me/titles/new", &cashier).status(), 303);
    assert_eq!(pay.trade_state("order-1"), "USERPAYING");
    payer.says(&cashier, 200, "no money moves");
    payer.says(&cashier, 200, "Confirm payment");
    // The yes comes when it comes: only a page of another kind has two hours.
    server.advance_s(3 * 3600);
    assert_eq!(location(&payer.press(&cashier, &cashier)), details("order-1"));
    assert_eq!(pay.trade_state("order-1"), "SUCCESS");
    pay.refused(QUICK, &asked, "ORDERPAID", "order-1");
    assert_eq!(last_message(&server, USER)["event"], "paid");
    assert!(!payer.get("/pay-code").body().contains("1000.01"));
    payer.says(&details("order-1"), 200, "Get an invoice");
    let status = server.client(MERCHANT).status("order-1");
    assert_eq!(status["invoice_status"], "never auth");
}

#[test]
fn a_program_confirms_with_the_prepay_id_of_the_message() {
    let server = TestServer::start();
    let pay = PayClient::new(&server);
    pay.refused(QUICK, &quick("order-1", &fixed_code(&server, USER), MUCH), "USERPAYING", "");
    let prepay_id = last_message(&server, USER)["prepay_id"].as_str().unwrap().to_owned();
    let (status, answer) = pay.pay(&prepay_id, OTHER_USER);
    assert!(status == 409 && answer["error"].as_str().unwrap().contains("another payer"));
    assert_eq!(pay.pay(&prepay_id, USER).0, 200);
    let paid = pay.done("/pay/orderquery", &[("out_trade_no", "order-1")]);
    assert_eq!(paid.get("openid"), server.openid(USER, MERCHANT));
}

#[test]
fn a_reversal_ends_the_wait() {
    let server = TestServer::start();
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    let code = fixed_code(&server, USER);
    let asked = [quick("order-1", &code, MUCH), vec![("receipt", "Y")]].concat();
    pay.refused(QUICK, &asked, "USERPAYING", "");
    let prepay_id = last_message(&server, USER)["prepay_id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        pay.done(REVERSE, &[("out_trade_no", "order-1")]);
        assert_eq!(pay.trade_state("order-1"), "REVOKED");
    }
    assert_eq!(pay.pay(&prepay_id, USER).0, 409);
    let cashier = format!("/cashier?prepay_id={prepay_id}");
    payer.says(&cashier, 410, "This payment was closed");
    assert!(!payer.get("/pay-code").body().contains(&cashier));
    pay.refused(QUICK, &asked, "ORDERCLOSED", "use a new one");
    payer.says(&format!("{}/entry", details("order-1")), 200, "The payer sees no invoice entry");
}

#[test]
fn a_quick_payment_is_reversed_within_seven_days() {
    let server = TestServer::start();
    let (pay, code) = (PayClient::new(&server), fixed_code(&server, USER));
    for number in ["order-1", "order-2"] {
        pay.done(QUICK, &quick(number, &code, "100"));
    }
    pay.refused(QUICK, &quick("order-3", &code, MUCH), "USERPAYING", "");
    server.advance_s(7 * 86_400 - 60);
    pay.done(REVERSE, &[("out_trade_no", "order-1")]);
    server.advance_s(61);
    pay.refused(REVERSE, &[("out_trade_no", "order-2")], "REVERSE_EXPIRE", "refund it");
    // What was taken back in time is answered as before.
    pay.done(REVERSE, &[("out_trade_no", "order-1")]);
    // Nobody has paid it: it waits, however long it takes.
    pay.done(REVERSE, &[("out_trade_no", "order-3")]);
}
