//! updatestatus: what a platform says of its cards, and who is told.

use super::{UPDATE, inserted, update};
use crate::reimbursement::{chosen, status_of, update as reimburse};
use kaipiao_tests::{
    MERCHANT, PLATFORM, REIMBURSER, Receiver, TestServer, USER, assert_ok, assert_refused, element,
};
use serde_json::json;

#[test]
fn a_platform_cancels_what_is_not_closed() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let card = inserted(&server, &platform, "1", "62522141");
    let company = server.client(REIMBURSER);
    let mine = chosen(&server, REIMBURSER);
    assert_ok(&update(&platform, &card, "INIT"));
    for to in ["LOCK", "CLOSURE"] {
        assert_refused(&update(&platform, &card, to), 72024, "only a company");
    }
    assert_ok(&reimburse(&company, &mine, "LOCK"));
    assert_refused(&update(&platform, &card, "INIT"), 72023, "a company has it");
    assert_ok(&update(&platform, &card, "CANCEL"));
    assert_eq!(status_of(&company, &mine), "INVOICE_REIMBURSE_CANCEL");
    assert_refused(&reimburse(&company, &mine, "CLOSURE"), 72060, "cancelled");
    for to in ["INIT", "CANCEL"] {
        assert_refused(&update(&platform, &card, to), 72060, "cancelled");
    }
    let messages = server.get_json(&format!("/sandbox/v1/messages?user={USER}"));
    assert_eq!(messages["messages"][0]["event"], "taken_back", "{messages}");
    let session = server.session(USER);
    let headers = [("cookie", &*session), ("accept-language", "en")];
    let wallet = server.page("GET", "/me/cards", &headers, "").into_body();
    assert!(wallet.contains("Cancelled"), "{wallet}");

    let second = inserted(&server, &platform, "2", "62522142");
    let mine = chosen(&server, REIMBURSER);
    assert_ok(&reimburse(&company, &mine, "LOCK"));
    assert_ok(&reimburse(&company, &mine, "CLOSURE"));
    assert_refused(&update(&platform, &second, "CANCEL"), 72061, "closed");
}

#[test]
fn a_card_is_named_by_the_code_that_insert_answered() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let card = inserted(&server, &platform, "1", "62522141");
    let with = |card_id: &str, code: &str| {
        let status = "INVOICE_REIMBURSE_CANCEL";
        platform
            .post(UPDATE, &json!({"card_id": card_id, "code": code, "reimburse_status": status}))
    };
    let card_id = card["card_id"].as_str().unwrap();
    // The invoice's code in the place of the card's.
    assert_refused(&with(card_id, "044032000211"), 72038, "the one that insert answered");
    assert_refused(&with(card_id, "1"), 72038, "the one that insert answered");
    let code = card["code"].as_str().unwrap();
    assert_refused(&with("pjZ8Yt9WoOePThU0NfUKz5-tBEWU", code), 40073, "another template");
    assert_refused(&with("x", code), 40073, "28 characters");
}

#[test]
fn platform_merchant_and_company_are_told() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let receivers = [PLATFORM, MERCHANT, REIMBURSER].map(|appid| {
        let receiver = Receiver::start();
        server.set_callback(appid, &receiver, "plain");
        (appid, receiver)
    });
    let card = inserted(&server, &platform, "1", "62522141");
    let company = server.client(REIMBURSER);
    assert_ok(&reimburse(&company, &chosen(&server, REIMBURSER), "LOCK"));
    assert_ok(&update(&platform, &card, "CANCEL"));
    server.all_completed();
    for (appid, receiver) in &receivers {
        let told = receiver.received();
        let told = told.iter().map(|push| push.body.clone());
        let told: Vec<String> =
            told.filter(|body| body.contains("update_invoice_status")).collect();
        let statuses: Vec<String> =
            told.iter().filter_map(|body| element(body, "Status")).collect();
        let cancel = "INVOICE_REIMBURSE_CANCEL";
        match *appid {
            REIMBURSER => assert_eq!(statuses, [cancel]),
            _ => assert_eq!(statuses, ["INVOICE_REIMBURSE_LOCK", cancel]),
        }
        for body in &told {
            assert_eq!(json!(element(body, "Code")), card["code"]);
            assert_eq!(json!(element(body, "CardId")), card["card_id"]);
            assert_eq!(element(body, "FromUserName"), Some(server.openid(USER, appid)));
        }
    }
}

#[test]
fn what_was_issued_here_is_taken_back_by_an_offset() {
    let server = TestServer::start();
    let platform = json!({"platform_api": true});
    assert_eq!(server.put_account(MERCHANT, &platform, kaipiao_tests::ADMIN).0, 200);
    let merchant = server.merchant();
    merchant.issued("1", "R1");
    let card = &crate::reimbursement::chosen_for(&server, REIMBURSER, USER)[0];
    // Nobody is told the code of such a card, but in its pushes.
    assert_ok(&reimburse(&server.client(REIMBURSER), &chosen(&server, REIMBURSER), "LOCK"));
    server.leaves_pushes();
    let push = server.pushes(&format!("appid={MERCHANT}"));
    let body = push.iter().find_map(|push| {
        let body = push["body"].as_str()?;
        body.contains("update_invoice_status").then(|| body.to_owned())
    });
    let code = element(&body.expect("the lock was pushed"), "Code");
    let card = json!({"card_id": card["card_id"], "code": code});
    assert_refused(&update(&merchant, &card, "CANCEL"), 72024, "clearoutinvoice");
}
