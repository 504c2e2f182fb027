//! One invoice, one number, one wallet: whoever issued it.

use super::{INSERT, card_id, data, inserted, invoice, update, upload::upload};
use kaipiao_tests::{PLATFORM, TestServer, assert_ok, assert_refused, assert_sucesss};
use serde_json::json;

#[test]
fn a_number_that_is_in_a_wallet_is_not_inserted_again() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let card = inserted(&server, &platform, "1", "62522141");
    merchant.authorized("2");
    let body = invoice("2", &card_id(&platform), &upload(&platform), "62522141");
    assert_refused(&platform.post(INSERT, &body), 72042, "044032000211 62522141");
    // Not even once it was cancelled.
    assert_ok(&update(&platform, &card, "CANCEL"));
    assert_refused(&platform.post(INSERT, &body), 72042, "in a wallet already");
}

#[test]
fn what_was_issued_here_is_not_inserted() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let issued = merchant.issued("1", "R1");
    merchant.authorized("2");
    let mut body = invoice("2", &card_id(&platform), &upload(&platform), "");
    data(&mut body)["billing_no"] = issued["fpdm"].clone();
    data(&mut body)["billing_code"] = issued["fphm"].clone();
    assert_refused(&platform.post(INSERT, &body), 72042, "in a wallet already");
}

#[test]
fn what_was_inserted_is_not_issued_here() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let issued = merchant.issued("1", "R1");
    let code = issued["fpdm"].as_str().unwrap();
    let number: u64 = issued["fphm"].as_str().unwrap().parse().unwrap();
    merchant.authorized("2");
    let next = format!("{:08}", number + 1);
    let mut body = invoice("2", &card_id(&platform), &upload(&platform), &next);
    data(&mut body)["billing_no"] = json!(code);
    assert_ok(&platform.post(INSERT, &body));
    // The issuer's next number is taken: the same request asks again, and gets another one.
    merchant.authorized("3");
    let request = merchant.invoice("3", "R3");
    assert_sucesss(&merchant.make_out(&request));
    assert_refused(&merchant.result("R3"), 73102, "which another invoice has");
    assert_sucesss(&merchant.make_out(&request));
    let result = merchant.result("R3");
    assert_eq!(result["invoicedetail"]["fphm"], format!("{:08}", number + 2), "{result}");
}
