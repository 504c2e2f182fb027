//! The console's line of time of an order: every request that concerns it, and of no other merchant's order.

use crate::payment::pay_client::{MCHID, PayClient, link_with_contact};
use crate::payment::visitor::{Visitor, details};
use kaipiao_tests::company_client::{chosen, update};
use kaipiao_tests::{
    ADMIN, MERCHANT, PLATFORM, REIMBURSER, TestServer, USER, assert_ok, assert_sucesss,
};
use serde_json::{Value, json};

/// The page of an order of the demo merchant.
fn line_of(server: &TestServer, order_id: &str) -> String {
    let path = format!("/console/orders/order?appid={MERCHANT}&order_id={order_id}");
    let page = server.page("GET", &path, &[("accept-language", "en")], "");
    assert_eq!(page.status(), 200, "{}", page.body());
    page.into_body()
}

fn assert_has(line: &str, all: &[&str]) {
    for said in all {
        assert!(line.contains(said), "{said} is not on the line: {line}");
    }
}

#[test]
fn a_request_that_names_no_order_stands_on_the_line_of_the_one_that_it_concerns() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (merchant, company) = (server.merchant(), server.client(REIMBURSER));
    let wallet = Visitor::new(&server, USER);
    let link = server.path_of(&merchant.auth_url("whole-1", 0));
    assert_eq!(wallet.get(link.split('#').next().unwrap()).status(), 200);
    let detail = merchant.issued("whole-1", "w1");
    let card = chosen(&server, REIMBURSER);
    assert_ok(&update(&company, &card, "LOCK"));
    assert_ok(&update(&company, &card, "INIT"));
    let document = server.path_of(detail["pdfurl"].as_str().unwrap());
    assert_eq!(server.get_raw_headers(&document)["content-type"], "application/pdf");
    // The second time it is the one that was kept.
    server.get_raw_headers(&document);
    let held = document.rsplit('/').next().unwrap().to_owned();
    assert_eq!(wallet.get(&format!("/me/cards/{held}")).status(), 200);
    assert_sucesss(&merchant.offset(&merchant.offset_of(&detail, "w1-red")));
    let line = line_of(&server, "whole-1");
    assert_has(
        &line,
        &[
            "/card/invoice/queryinvoceinfo",
            "/card/invoice/clearoutinvoice",
            "/card/invoice/reimburse/updateinvoicestatus",
            "/cgi-bin/card/invoice/reimburse/updateinvoicestatus",
            "/invoice/pdf/{name}",
            "opened /me/cards/{name}",
            "opened /bizmall/authinvoice",
        ],
    );
    assert_eq!(line.matches("GET /invoice/pdf/{name}").count(), 2, "{line}");
    assert!(!line.contains("Call</span> GET /me/cards"), "a page is no call: {line}");
}

#[test]
fn the_cashier_and_what_a_transaction_id_names_stand_on_the_line_of_the_payments_order() {
    let server = TestServer::start();
    server.leaves_pushes();
    link_with_contact(&server);
    let (pay, payer) = (PayClient::new(&server), Visitor::new(&server, USER));
    let placed = pay.order("paid-1", &[("receipt", "Y")]);
    let cashier = format!("/cashier?prepay_id={}", placed.get("prepay_id"));
    assert_eq!(payer.press(&cashier, &cashier).status(), 303);
    payer.says(&details("paid-1"), 200, "Payment successful");
    let known = pay.done("/pay/orderquery", &[("out_trade_no", "paid-1")]);
    pay.done("/pay/orderquery", &[("transaction_id", known.get("transaction_id"))]);
    let line = line_of(&server, "paid-1");
    assert_has(
        &line,
        &[
            "/pay/unifiedorder",
            "opened /cashier",
            "submitted /cashier",
            "opened /payments/{mchid}/{out_trade_no}",
        ],
    );
    assert_eq!(line.matches("POST /pay/orderquery").count(), 2, "{line}");
    // A signed call has proved whose it is, a page only names it.
    let proved = |route: &str| {
        let (_, listed) = server.admin("GET", &format!("requests?route={route}"), &json!({}));
        listed["requests"][0]["proved"].clone()
    };
    assert_eq!((proved("/pay/unifiedorder"), proved("/cashier")), (json!(true), json!(false)));
    assert!(line.contains("not proved"), "{line}");
    let listed = server.page("GET", "/console/requests?route=cashier", &[], "").into_body();
    assert!(listed.contains("/cashier") && listed.contains("未验证"), "{listed}");
}

/// Two merchants use the same number, and one platform works for both.
#[test]
fn a_platforms_request_for_another_merchants_order_of_the_same_number_is_not_on_the_line() {
    let server = TestServer::start();
    server.leaves_pushes();
    server.merchant().authorized("same");
    let other = "wx00000000000000ff";
    let account = json!({"role": "merchant", "secret": "the-other-merchants-secret"});
    assert_eq!(server.put_account(other, &account, ADMIN).0, 201);
    let platform = server.client(PLATFORM);
    let insert = |appid: &str| {
        let body = json!({"appid": appid, "order_id": "same", "card_id": "x", "card_ext": {}});
        platform.post("/card/invoice/insert", &body)
    };
    let refused: Vec<Value> = [MERCHANT, other].into_iter().map(insert).collect();
    let line = line_of(&server, "same");
    let rid =
        |answer: &Value| answer["errmsg"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(line.contains(&rid(&refused[0])), "{refused:?}: {line}");
    assert!(!line.contains(&rid(&refused[1])), "{refused:?}: {line}");
    let payments = format!("/console/requests?appid={MCHID}");
    assert_eq!(server.page("GET", &payments, &[], "").status(), 200, "a pay merchant's");
}

#[test]
fn a_line_has_the_first_requests_and_the_newest_and_nobody_who_waited() {
    let server = TestServer::start();
    server.leaves_pushes();
    let client = server.merchant();
    client.auth_url("long-1", 0);
    for _ in 0..30 {
        client.status("long-1");
    }
    let line = line_of(&server, "long-1");
    let left_out = "Only its first and its newest requests";
    assert!(line.contains("POST /card/invoice/getauthurl") && !line.contains(left_out), "{line}");
    server.get_raw("/sandbox/v1/wait?order_id=long-1&event=issued&timeout_s=0");
    for _ in 0..60 {
        client.status("long-1");
    }
    let line = line_of(&server, "long-1");
    assert_has(&line, &["POST /card/invoice/getauthurl", left_out]);
    assert_eq!(line.matches("POST /card/invoice/getauthdata").count(), 79, "{line}");
    assert!(!line.contains("/sandbox/v1/wait"), "{line}");
}

#[test]
fn a_payment_without_an_order_has_a_line_of_its_own() {
    let server = TestServer::start();
    server.leaves_pushes();
    PayClient::new(&server).paid("alone-1", &[], USER);
    let payment = format!("/console/payments/payment?mchid={MCHID}&#38;out_trade_no=alone-1");
    let line = line_of(&server, "alone-1");
    assert_has(&line, &["without an invoice entry", &payment, "payment_notice", "was made"]);
    let nobodys = format!("/console/orders/order?appid={MERCHANT}&order_id=alone-2");
    assert_eq!(server.page("GET", &nobodys, &[], "").status(), 404);
}
