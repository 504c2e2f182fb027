//! Section 14: the order of the checks, every code, and what happens to the same request again.

use kaipiao_tests::{
    MERCHANT, MINI_PROGRAM, OTHER_USER, PLATFORM, TestServer, USER, assert_refused, assert_sucesss,
};
use serde_json::{Value, json};

#[test]
fn an_authorized_order_becomes_an_invoice() {
    let server = TestServer::start();
    let client = server.merchant();
    let detail = client.issued("30000", "A1");
    let code = server.get_json("/sandbox/v1/accounts")["merchant"]["code"].clone();
    assert_eq!(detail["fpqqlsh"], json!(format!("{}A1", code.as_str().unwrap())));
    let members: Vec<_> = detail.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.len(), 6, "{members:?}");
    // The order stays authorized for section 7.
    assert_eq!(client.status("30000")["invoice_status"], "auth success");
}

/// Each member that is put right shows the next check, in the order of D-59.
#[test]
fn the_order_of_the_checks_over_http() {
    let server = TestServer::start();
    let client = server.merchant();
    let good = client.invoice("1", "B1");
    let mut body = json!({});
    let fill = |names: &[&str], body: &mut Value| {
        for name in names {
            body[name] = good[name].clone();
        }
    };
    assert_refused(&client.post_text("/card/invoice/makeoutinvoice", ""), 44002, "empty");
    assert_refused(&client.post_text("/card/invoice/makeoutinvoice", "[1]"), 47001, "object");
    for (name, code) in [
        ("wxopenid", 73001),
        ("ddh", 73002),
        ("fpqqlsh", 73003),
        ("nsrmc", 73007),
        ("nsrdz", 73008),
        ("nsrdh", 73009),
        ("ghfmc", 73010),
        ("kpr", 73011),
        ("jshj", 73012),
        ("hjje", 73013),
        ("hjse", 73014),
        ("nsrsbh", 73016),
    ] {
        assert_refused(&client.make_out(&body), code, &format!("{name} is empty"));
        fill(&[name], &mut body);
    }
    body["kplx"] = json!("");
    assert_refused(&client.make_out(&body), 73004, "kplx is empty");
    body["kplx"] = json!("0");
    body["hylx"] = json!("");
    assert_refused(&client.make_out(&body), 73015, "hylx is empty");
    body["hylx"] = json!(0);
    assert_refused(&client.make_out(&body), 72031, "nsrbank is empty");
    fill(&["nsrbank"], &mut body);
    assert_refused(&client.make_out(&body), 72031, "nsrbankid is empty");
    fill(&["nsrbankid"], &mut body);
    assert_refused(&client.make_out(&body), 72031, "invoicedetail_list is empty");
    fill(&["invoicedetail_list"], &mut body);
    body["invoicedetail_list"][0]["spbm"] = json!("1");
    assert_refused(&client.make_out(&body), 72031, "invoicedetail_list[0].spbm must be 19 digits");
    // From here on everything that is wrong is wrong at once.
    fill(&["invoicedetail_list"], &mut body);
    body["invoicedetail_list"][0]["xmmc"] = json!("𪚥");
    body["hjje"] = json!("135.91");
    body["wxopenid"] = json!(server.openid(OTHER_USER, MERCHANT));
    body["nsrsbh"] = json!("110109500321654");
    body["fpqqlsh"] = json!("abcdefB1");
    assert_refused(&client.make_out(&body), 73110, "must begin with the merchant code 2ff836");
    fill(&["fpqqlsh"], &mut body);
    assert_refused(&client.make_out(&body), 73101, "is 91440300MA5KP0009F, not");
    fill(&["nsrsbh"], &mut body);
    assert_refused(&client.make_out(&body), 72038, "never called getauthurl");
    let link = client.auth_url("1", 0);
    assert_refused(&client.make_out(&body), 72038, "has not authorized yet");
    server.answer(&link, USER, "decline", None);
    assert_refused(&client.make_out(&body), 72038, "the user declined");
    server.answer(&link, USER, "authorize", None);
    assert_refused(&client.make_out(&body), 73001, "not the user who authorized order_id 1");
    fill(&["wxopenid"], &mut body);
    assert_refused(
        &client.make_out(&body),
        72031,
        "hjje must be 135.90, the sum of the lines, not",
    );
    fill(&["hjje"], &mut body);
    let answer = client.make_out(&body);
    assert_refused(&answer, 72031, "invoicedetail_list[0].xmmc holds 𪚥 (U+2A6A5)");
    // Nothing that was refused left a trace of its serial.
    assert_refused(&client.query("B1"), 73109, "");
    fill(&["invoicedetail_list"], &mut body);
    assert_sucesss(&client.make_out(&body));
    assert_eq!(client.result("B1")["errcode"], 0);
}

#[test]
fn arithmetic_is_complained_about_with_the_expected_value() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = client.invoice("1", "C1");
        change(&mut body);
        client.make_out(&body)
    };
    let answer = with(&|b| b["invoicedetail_list"][0]["xmje"] = json!("135.92"));
    assert_refused(
        &answer,
        72031,
        "invoicedetail_list[0].xmje must be 135.90, 1 × 135.9, not 135.92",
    );
    let answer = with(&|b| b["invoicedetail_list"][0]["se"] = json!("23.17"));
    assert_refused(
        &answer,
        72031,
        "invoicedetail_list[0].se must be 23.10, 135.90 × 0.17, not 23.17",
    );
    let answer = with(&|b| b["jshj"] = json!("159.01"));
    assert_refused(&answer, 72031, "jshj must be 159.00, 135.90 + 23.10, not 159.01");
    let answer = with(&|b| b["invoicedetail_list"][0]["fphxz"] = json!("1"));
    assert_refused(&answer, 72031, "invoicedetail_list[0].fphxz is 1, so the line before it");
}

#[test]
fn discounts_and_numbers_instead_of_texts_are_issued() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let mut body = client.invoice("1", "D1");
    body["invoicedetail_list"] = json!([
        {"fphxz": 2, "spbm": "1090418010000000000", "xmmc": "洗衣机", "xmsl": 2, "xmdj": 100.00,
         "xmje": 200.0, "sl": 0.13, "se": 26},
        {"fphxz": 1, "spbm": "1090418010000000000", "xmmc": "洗衣机", "xmje": -20.00, "sl": 0.13,
         "se": -2.6},
    ]);
    (body["hjje"], body["hjse"], body["jshj"]) = (json!(180), json!(23.4), json!(203.40));
    assert_sucesss(&client.make_out(&json!({"invoiceinfo": body})));
    assert_eq!(client.result("D1")["errcode"], 0);
}

#[test]
fn who_is_named_may_be_known_under_the_merchant_or_the_app_that_asked() {
    let server = TestServer::start();
    server.merchant();
    let app = server.client(MINI_PROGRAM);
    for (order, openid_under) in [("1", MERCHANT), ("2", MINI_PROGRAM)] {
        let mut asked = app.asked(order, 0);
        asked["source"] = json!("wxa");
        let link = app.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
        server.answer(&link, USER, "authorize", None);
        let mut body = app.invoice(order, &format!("E{order}"));
        body["wxopenid"] = json!(server.openid(USER, openid_under));
        assert_sucesss(&app.make_out(&body));
    }
    // The merchant's own token reads what its app asked for.
    assert_eq!(server.client(MERCHANT).result("E2")["errcode"], 0);
}

#[test]
fn the_same_request_again_and_serials_and_orders_that_are_taken() {
    let server = TestServer::start();
    let client = server.merchant();
    for order in ["1", "2"] {
        client.authorized(order);
    }
    server.fault(json!({"target": "issuer", "delay_ms": 3_600_000}));
    let body = client.invoice("1", "F1");
    assert_sucesss(&client.make_out(&body));
    assert_refused(&client.make_out(&body), 73107, "");
    assert_refused(&client.query("F1"), 73107, "");
    assert_refused(&client.reject("1"), 72036, "is being issued as \"2ff836F1\"");
    server.advance_s(31);
    // The limit of 30 s is over: the issuer counts as silent.
    assert_refused(&client.result("F1"), 73105, "");
    assert_refused(&client.reject("1"), 72036, "is being issued");
    // What is sent now does not count: the issuer is asked again for what it was asked before.
    let mut changed = body.clone();
    changed["jshj"] = json!("1");
    assert_refused(&client.make_out(&changed), 73105, "the issuer is asked again");
    server.advance_s(3600);
    let detail = client.result("F1")["invoicedetail"].clone();
    assert_eq!(detail["fphm"].as_str().unwrap().len(), 8);
    assert_sucesss(&client.make_out(&changed));
    assert_eq!(client.query("F1")["invoicedetail"], detail, "and not issued again");
    assert_refused(&client.reject("1"), 72024, "offset it with clearoutinvoice");

    assert_refused(&client.make_out(&client.invoice("2", "F1")), 73106, "the serial of order 1");
    assert_refused(&client.make_out(&client.invoice("1", "F2")), 73108, "belongs to \"2ff836F1\"");
    assert_sucesss(&client.make_out(&client.invoice("2", "F2")));
    client.result("F2");
}

#[test]
fn each_of_the_issuers_failures_has_its_code_and_a_new_try_succeeds() {
    let server = TestServer::start();
    let client = server.merchant();
    for (fault, code) in [
        (json!({"errcode": 73000}), 73000),
        (json!({"errcode": 73100}), 73100),
        (json!({"errcode": 73102}), 73102),
        (json!({"errcode": 73105}), 73105),
    ] {
        let (order, serial) = (format!("o{code}"), format!("G{code}"));
        client.authorized(&order);
        let mut plan = fault;
        (plan["target"], plan["n"]) = (json!("issuer"), json!(1));
        server.fault(plan);
        let body = client.invoice(&order, &serial);
        assert_sucesss(&client.make_out(&body));
        let words = if code == 73105 { "" } else { "the scripted issuer" };
        assert_refused(&client.result(&serial), code, words);
        let again = client.make_out(&body);
        if code == 73105 {
            assert_refused(&again, 73105, "asked again");
        } else {
            assert_sucesss(&again);
        }
        assert_eq!(client.result(&serial)["errcode"], 0);
    }
}

#[test]
fn a_failed_request_can_be_put_right_or_its_order_be_rejected() {
    let server = TestServer::start();
    let client = server.merchant();
    for order in ["1", "2"] {
        client.authorized(order);
        server.fault(json!({"target": "issuer", "errcode": 73000}));
        assert_sucesss(&client.make_out(&client.invoice(order, &format!("H{order}"))));
        assert_refused(&client.result(&format!("H{order}")), 73000, "refuses");
    }
    let mut put_right = client.invoice("1", "H1");
    put_right["ghfmc"] = json!("星期二");
    assert_sucesss(&client.make_out(&put_right));
    let text = server.pdf_text(&client.result("H1")["invoicedetail"]);
    assert!(text.contains("星期二") && !text.contains("星期一"), "{text}");
    kaipiao_tests::assert_ok(&client.reject("2"));
    assert_refused(&client.make_out(&client.invoice("2", "H2")), 72035, "was rejected");
    assert_refused(&client.query("H2"), 73000, "refuses");
}

#[test]
fn a_silent_issuer_is_73105_after_the_limit() {
    let server = TestServer::start_with("[issuing]\ntime_limit_ms = 100");
    let client = server.merchant();
    client.authorized("1");
    server.fault(json!({"target": "issuer", "drop": true}));
    assert_sucesss(&client.make_out(&client.invoice("1", "I1")));
    assert_refused(&client.result("I1"), 73105, "");
}

#[test]
fn an_authorization_that_was_not_used_in_time_is_over() {
    let server = TestServer::start_with("[authorization]\nlife_s = 100");
    let client = server.merchant();
    client.authorized("1");
    client.issued("2", "J2");
    server.advance_s(101);
    assert_refused(&client.make_out(&client.invoice("1", "J1")), 72013, "too long ago");
    assert_sucesss(&client.make_out(&client.invoice("2", "J2")));
}

#[test]
fn an_account_without_a_taxpayer_cannot_issue() {
    let server = TestServer::start();
    let client = server.merchant();
    let body = client.invoice("1", "K1");
    let secret = "ffffffffffffffffffffffffffffffff";
    let account = json!({"role": "merchant", "secret": secret});
    let other = "wx00000000000000aa";
    assert_eq!(server.put_account(other, &account, kaipiao_tests::ADMIN).0, 201);
    let token = server.token_answer(other, secret)["access_token"].as_str().unwrap().to_owned();
    let other = server.client_with(token);
    assert_refused(&other.make_out(&body), 72015, "has no taxpayer; set it with merchant of PUT");
    assert_refused(&server.client(PLATFORM).make_out(&body), 72015, "platform account");
}

/// Many ask for one order at the same time, by several serials: one invoice comes of it.
#[test]
fn many_at_once_make_one_invoice() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let bodies: Vec<_> = (0..8).map(|n| client.invoice("1", &format!("L{}", n % 2))).collect();
    let codes: Vec<i64> = std::thread::scope(|scope| {
        let calls: Vec<_> = bodies
            .iter()
            .map(|body| scope.spawn(|| client.make_out(body)["errcode"].as_i64().unwrap()))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let allowed = [0, 72036, 73107, 73108];
    assert!(codes.iter().all(|code| allowed.contains(code)), "{codes:?}");
    let results = ["L0", "L1"].map(|serial| client.result(serial)["errcode"].clone());
    let issued = results.iter().filter(|code| **code == json!(0)).count();
    assert_eq!((issued, results.contains(&json!(73109))), (1, true), "{results:?}");
    let (_, numbers) = server.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &json!({}));
    assert_eq!(numbers["ranges"][0]["issued"], 1);
}
