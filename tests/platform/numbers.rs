//! One invoice, one number, one wallet: whoever issued it.

use super::{INSERT, card_id, data, inserted, invoice, update, upload::upload};
use kaipiao_tests::{PLATFORM, TestServer, assert_ok, assert_refused};

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

/// Nobody takes a merchant's next numbers away.
#[test]
fn a_number_of_a_range_that_is_allotted_here_is_not_inserted() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let issued = merchant.issued("1", "R1");
    let number: u64 = issued["fphm"].as_str().unwrap().parse().unwrap();
    merchant.authorized("2");
    let next = format!("{:08}", number + 1);
    let mut body = invoice("2", &card_id(&platform), &upload(&platform), &next);
    data(&mut body)["billing_no"] = issued["fpdm"].clone();
    assert_refused(
        &platform.post(INSERT, &body),
        72042,
        "is of a range whose invoices are issued here",
    );
    let second = merchant.issued("3", "R3");
    assert_eq!(second["fphm"], next, "{second}");
}
