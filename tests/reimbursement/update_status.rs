//! updateinvoicestatus and updatestatusbatch.

use super::OTHER_COMPANY;
use super::{chosen_for, named, newest, other_company, path, status, status_of, update, wecom};
use kaipiao_tests::{
    MERCHANT, OTHER_USER, REIMBURSER, Receiver, TestServer, USER, assert_ok, assert_refused,
    assert_sucesss, element,
};
use serde_json::{Value, json};

#[test]
fn a_company_locks_lets_go_and_writes_off() {
    let server = TestServer::start();
    server.merchant().issued("1", "R1");
    let (company, other) = (server.client(REIMBURSER), other_company(&server));
    let mine = newest(&server);
    let theirs = named(&chosen_for(&server, OTHER_COMPANY, USER)[0]);
    assert_refused(&update(&company, &mine, "CLOSURE"), 72039, "lock first");
    assert_refused(&update(&company, &mine, "INIT"), 72024, "not locked");
    assert_ok(&update(&company, &mine, "LOCK"));
    assert_eq!(status_of(&company, &mine), status("LOCK"));
    for to in ["LOCK", "INIT", "CLOSURE"] {
        assert_refused(&update(&other, &theirs, to), 72023, "another company");
    }
    assert_refused(&update(&company, &mine, "LOCK"), 72024, "locked by this account already");
    // It is with the company, so nobody can choose it.
    assert!(chosen_for(&server, OTHER_COMPANY, USER).is_empty());
    assert_ok(&update(&company, &mine, "INIT"));
    assert_ok(&update(&other, &theirs, "LOCK"));
    assert_refused(&update(&company, &mine, "LOCK"), 72023, "encrypt_code");
    assert_ok(&update(&other, &theirs, "CLOSURE"));
    for to in ["LOCK", "INIT", "CLOSURE"] {
        assert_refused(&update(&other, &theirs, to), 72061, "closed");
        assert_refused(&update(&company, &mine, to), 72061, "closed");
    }
    assert_eq!(company.post(&path("getinvoiceinfo"), &mine)["user_card_status"], "CONSUMED");
    assert_refused(&update(&company, &mine, "CANCEL"), 72031, "reimburse_status must be one of");
    // It has left the wallet, and the user is told.
    let messages = server.get_json(&format!("/sandbox/v1/messages?user={USER}"));
    assert_eq!(messages["messages"][0]["event"], "written_off", "{messages}");
    assert_eq!(messages["messages"][0]["fpqqlsh"], "2ff836R1");
    let session = server.session(USER);
    let page = |path| {
        let headers = [("cookie", &*session), ("accept-language", "en")];
        server.page("GET", path, &headers, "").into_body()
    };
    let wallet = page("/me/cards");
    assert!(!wallet.contains("159.00"), "{wallet}");
    let inbox = page("/me/messages");
    assert!(inbox.contains("Invoice reimbursed") && inbox.contains(OTHER_COMPANY), "{inbox}");
}

#[test]
fn an_offset_takes_a_locked_invoice_back_and_leaves_a_closed_one_closed() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let merchant = server.merchant();
    let company = server.client(REIMBURSER);
    let locked = merchant.issued("1", "R1");
    let locked_card = newest(&server);
    assert_ok(&update(&company, &locked_card, "LOCK"));
    let closed = merchant.issued("2", "R2");
    let closed_card = newest(&server);
    assert_ok(&update(&company, &closed_card, "LOCK"));
    assert_ok(&update(&company, &closed_card, "CLOSURE"));
    server.all_completed();
    server.set_callback(REIMBURSER, &receiver, "safe");

    // While the red one is being issued, nobody knows what becomes of the card.
    server.fault(json!({"target": "issuer", "delay_ms": 1500}));
    assert_sucesss(&merchant.offset(&merchant.offset_of(&locked, "R1r")));
    for to in ["INIT", "CLOSURE"] {
        assert_refused(&update(&company, &locked_card, to), 72036, "being offset");
    }
    assert_eq!(merchant.result("R1r")["errcode"], 0);
    let event = receiver.next().event(REIMBURSER);
    let of = |name: &str| element(&event, name).unwrap();
    assert_eq!((of("Event"), of("Status")), ("update_invoice_status".into(), status("CANCEL")));
    assert_eq!(of("FromUserName"), server.openid(USER, REIMBURSER));
    assert_eq!(json!(of("CardId")), locked_card["card_id"]);
    assert_eq!(status_of(&company, &locked_card), status("CANCEL"));
    for to in ["LOCK", "INIT", "CLOSURE"] {
        assert_refused(&update(&company, &locked_card, to), 72060, "cancelled");
    }
    assert_eq!(company.post(&path("getinvoiceinfo"), &locked_card)["user_card_status"], "CONSUMED");

    assert_sucesss(&merchant.offset(&merchant.offset_of(&closed, "R2r")));
    assert_eq!(merchant.result("R2r")["errcode"], 0);
    let event = receiver.next().event(REIMBURSER);
    assert_eq!(element(&event, "Status").unwrap(), status("CLOSURE"));
    assert_eq!(status_of(&company, &closed_card), status("CLOSURE"));
}

#[test]
fn a_change_is_pushed_to_the_merchant_in_order() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.merchant().issued("1", "R1");
    server.all_completed();
    server.set_callback(MERCHANT, &receiver, "plain");
    let (company, mine) = (server.client(REIMBURSER), newest(&server));
    for to in ["LOCK", "INIT", "LOCK", "CLOSURE"] {
        assert_ok(&update(&company, &mine, to));
    }
    for to in ["LOCK", "INIT", "LOCK", "CLOSURE"] {
        let event = receiver.next().event(MERCHANT);
        let of = |name: &str| element(&event, name).unwrap();
        assert_eq!((of("Event"), of("Status")), ("update_invoice_status".into(), status(to)));
        assert_eq!(of("FromUserName"), server.openid(USER, MERCHANT));
        assert_eq!((json!(of("CardId")), of("Code").len()), (mine["card_id"].clone(), 12));
    }
    let of_order = server.pushes("order_id=1");
    let changes = of_order.iter().filter(|push| push["event"] == "update_invoice_status");
    assert_eq!(changes.clone().count(), 4, "{of_order:?}");
    assert!(changes.clone().all(|push| push["order_id"] == "1"), "{of_order:?}");
}

#[test]
fn a_batch_is_all_or_nothing_and_of_one_user() {
    let server = TestServer::start();
    let merchant = server.merchant();
    for number in 1..=3 {
        merchant.issued(&number.to_string(), &format!("R{number}"));
    }
    let company = server.client(REIMBURSER);
    let cards: Vec<Value> = chosen_for(&server, REIMBURSER, USER).iter().map(named).collect();
    let batch = |openid: &str, to: &str, cards: &[Value]| {
        let body = json!({"openid": openid, "reimburse_status": status(to), "invoice_list": cards});
        let call = if to == "CLOSURE" { wecom } else { path };
        company.post(&call("updatestatusbatch"), &body)
    };
    let owner = server.openid(USER, REIMBURSER);
    let all = |expected: &str| {
        for card in &cards {
            assert_eq!(status_of(&company, card), status(expected));
        }
    };
    assert_ok(&update(&company, &cards[2], "LOCK"));
    assert_refused(&batch(&owner, "LOCK", &cards), 72024, "invoice_list[2].encrypt_code");
    assert_eq!(status_of(&company, &cards[0]), status("INIT"), "nothing has changed");
    assert_ok(&update(&company, &cards[2], "INIT"));
    let stranger = server.openid(OTHER_USER, REIMBURSER);
    assert_refused(&batch(&stranger, "LOCK", &cards), 72037, "invoice_list[0].encrypt_code");
    let twice = [cards[0].clone(), cards[0].clone()];
    assert_refused(
        &batch(&owner, "LOCK", &twice),
        72031,
        "invoice_list[1].encrypt_code is the card of",
    );
    all("INIT");
    assert_ok(&batch(&owner, "LOCK", &cards));
    all("LOCK");
    assert_ok(&batch(&owner, "CLOSURE", &cards));
    all("CLOSURE");
}

#[test]
fn companies_that_want_the_same_invoice_at_once_never_both_have_it() {
    let server = TestServer::start();
    let merchant = server.merchant();
    let (company, other) = (server.client(REIMBURSER), other_company(&server));
    for round in 0..8 {
        merchant.issued(&round.to_string(), &format!("R{round}"));
        let mine = newest(&server);
        let theirs = named(&chosen_for(&server, OTHER_COMPANY, USER)[0]);
        let answers = std::thread::scope(|scope| {
            let wanted = [(&company, &mine), (&other, &theirs)];
            let tries =
                wanted.map(|(company, named)| scope.spawn(|| update(company, named, "LOCK")));
            tries.map(|one| one.join().unwrap()["errcode"].as_i64().unwrap())
        });
        let mut sorted = answers;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 72023]);
        let (winner, card) = if answers[0] == 0 { (&company, &mine) } else { (&other, &theirs) };
        assert_ok(&update(winner, card, "CLOSURE"));
    }
}
