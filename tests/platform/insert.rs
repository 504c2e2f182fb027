//! insert: what it does, and what it refuses in which order.

use super::pdf::{showing, uploaded};
use super::{INSERT, card_id, data, inserted, invoice, upload::upload};
use kaipiao_tests::{
    ADMIN, MERCHANT, PLATFORM, REIMBURSER, TestServer, USER, assert_ok, assert_refused,
};
use serde_json::{Value, json};

#[test]
fn an_inserted_invoice_is_its_users_and_is_reimbursed_like_any_other() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let card = inserted(&server, &platform, "1", "62522141");
    let code = card["code"].as_str().unwrap();
    assert!(code.len() == 12 && code.bytes().all(|b| b.is_ascii_digit()), "{card}");
    assert_eq!(card["openid"], server.openid(USER, PLATFORM));
    assert_eq!(card.get("unionid"), None);
    let messages = server.get_json(&format!("/sandbox/v1/messages?user={USER}"));
    assert_eq!(messages["messages"][0]["event"], "issued", "{messages}");

    let body = json!({"appid": REIMBURSER, "user": USER});
    let (_, chosen) = server.post_json("/sandbox/v1/choose-invoice", &body);
    let chosen: Value =
        serde_json::from_str(chosen["choose_invoice_info"].as_str().unwrap()).unwrap();
    let named = json!({"card_id": chosen[0]["card_id"], "encrypt_code": chosen[0]["encrypt_code"]});
    let company = server.client(REIMBURSER);
    let answer = company.post("/card/invoice/reimburse/getinvoiceinfo", &named);
    assert_ok(&answer);
    assert_eq!(answer["card_id"], card["card_id"]);
    assert_eq!(
        (&answer["type"], &answer["payee"], &answer["detail"]),
        (&json!("广东省增值税普通发票"), &json!("测试收款方有限公司"), &json!("办公用品"))
    );
    let info = &answer["user_info"];
    let line = json!([{"name": "打印纸", "num": 2.5, "unit": "箱", "price": 400}]);
    for (name, value) in [
        ("fee", json!(1100)),
        ("title", json!("星期一")),
        ("billing_time", json!(1468322401)),
        ("billing_no", json!("044032000211")),
        ("billing_code", json!("62522141")),
        ("check_code", json!("12345678901234567890")),
        ("info", line),
        ("fee_without_tax", json!(1000)),
        ("tax", json!(100)),
        ("order_id", json!("1")),
        ("seller_number", json!("440300999999999")),
        ("seller_address_and_phone", json!("深圳 0755-1")),
        ("buyer_number", json!("110109500321654")),
        ("remarks", json!("备注")),
        ("cashier", json!("李四")),
        ("maker", json!("张三")),
        ("reimburse_status", json!("INVOICE_REIMBURSE_INIT")),
    ] {
        assert_eq!(info[name], value, "{name}");
    }
    let pdf = server.get_raw_bytes(info["pdf_url"].as_str().unwrap());
    assert_eq!(pdf, super::upload::pdf(), "the platform's own PDF");
    for to in ["LOCK", "CLOSURE"] {
        let mut body = named.clone();
        body["reimburse_status"] = json!(format!("INVOICE_REIMBURSE_{to}"));
        assert_ok(&company.post("/card/invoice/reimburse/updateinvoicestatus", &body));
    }
    let answer = company.post("/card/invoice/reimburse/getinvoiceinfo", &named);
    assert_eq!(answer["user_card_status"], "CONSUMED");
}

#[test]
fn a_merchant_that_is_its_own_platform_inserts_for_its_own_orders() {
    let server = TestServer::start();
    let permission = json!({"platform_api": true});
    let (status, account) = server.put_account(MERCHANT, &permission, ADMIN);
    assert_eq!(status, 200, "{account}");
    let merchant = server.merchant();
    let answer = merchant.post("/card/invoice/seturl", &json!({}));
    let url = answer["invoice_url"].as_str().unwrap();
    let own = url.split('&').nth(1).unwrap().split('=').nth(1).unwrap();
    let mut asked = merchant.asked("1", 2);
    asked["s_pappid"] = json!(own);
    let link = merchant.auth_url_answer(&asked);
    server.answer(link["auth_url"].as_str().unwrap(), USER, "authorize", None);
    let card_id = card_id(&merchant);
    let body = invoice("1", &card_id, &upload(&merchant), "62522141");
    let answer = merchant.post(INSERT, &body);
    assert_ok(&answer);
    assert_eq!(answer["openid"], server.openid(USER, MERCHANT));
    // Another platform's orders are not its own.
    let platform = server.client(PLATFORM);
    let theirs = invoice("1", &super::card_id(&platform), &upload(&platform), "62522142");
    assert_refused(&platform.post(INSERT, &theirs), 72038, "this account's is");
}

#[test]
fn an_order_has_to_be_authorized_and_takes_one_card() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let card_id = card_id(&platform);
    let insert = |order: &str, number: &str| {
        platform.post(INSERT, &invoice(order, &card_id, &upload(&platform), number))
    };
    assert_refused(&insert("1", "62522141"), 72038, "never called getauthurl");
    let link = merchant.auth_url("1", 2);
    assert_refused(&insert("1", "62522141"), 72038, "not authorized yet");
    server.answer(&link, USER, "decline", None);
    assert_refused(&insert("1", "62522141"), 72038, "the user declined");
    server.answer(&link, USER, "authorize", None);
    let answer = insert("1", "62522141");
    assert_ok(&answer);
    let code = answer["code"].as_str().unwrap();
    assert_refused(&insert("1", "62522142"), 72056, &format!("has the card {code}"));
    assert_eq!(merchant.status("1")["invoice_status"], "auth success");
    assert_refused(&merchant.reject("1"), 72024, "updatestatus");
    assert_refused(&merchant.make_out(&merchant.invoice("1", "R1")), 73108, "a platform inserted");

    merchant.authorized("2");
    assert_ok(&merchant.reject("2"));
    assert_refused(&insert("2", "62522143"), 72035, "rejected");
    merchant.issued("3", "R3");
    assert_refused(&insert("3", "62522143"), 72056, "2ff836R3");
    let of_nobody = |appid: &str| {
        let mut body = invoice("4", &card_id, "1", "62522143");
        body["appid"] = json!(appid);
        platform.post(INSERT, &body)
    };
    assert_refused(&of_nobody("wx00000000000000aa"), 72038, "no account wx00000000000000aa");
    assert_refused(&of_nobody(&server.s_pappid()), 72031, "appid must be the appid");
    assert_refused(&of_nobody(REIMBURSER), 72038, "never called getauthurl");
}

#[test]
fn an_authorization_that_is_too_old_takes_no_card() {
    let server = TestServer::start_with("[authorization]\nlife_s = 60");
    let platform = server.client(PLATFORM);
    server.merchant().authorized("1");
    let body = invoice("1", &card_id(&platform), &upload(&platform), "62522141");
    server.advance_s(61);
    assert_refused(&platform.post(INSERT, &body), 72013, "too long ago");
}

#[test]
fn code_and_number_are_told_apart_by_their_lengths() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let merchant = server.merchant();
    let (card_id, pdf) = (card_id(&platform), upload(&platform));
    let with = |order: &str, no: Value, code: Value, check: Value| {
        let mut body = invoice(order, &card_id, &pdf, "");
        for (name, value) in [("billing_no", no), ("billing_code", code), ("check_code", check)] {
            data(&mut body)[name] = value;
        }
        platform.post(INSERT, &body)
    };
    let check = json!("12345678901234567890");
    merchant.authorized("1");
    for (no, code) in [
        (json!("044032000211"), json!("6252214")),
        (json!("0440320002110"), json!("62522141")),
        (json!("62522141"), json!("")),
        (json!(44032000211_u64), json!("62522141")),
        (json!("04403200021x"), json!("62522141")),
        (json!("25952000000000000017"), json!("25952000000000000018")),
    ] {
        assert_refused(&with("1", no, code, check.clone()), 72043, "12 digits");
    }
    let [code, number] = ["044032000211", "62522141"].map(Value::from);
    assert_refused(&with("1", code.clone(), number.clone(), json!("")), 72045, "check code");
    assert_refused(&with("1", code.clone(), number.clone(), json!("1")), 72031, "20 digits");
    assert_refused(&with("1", json!(""), Value::Null, check.clone()), 72031, "billing_no is empty");
    // The newer documentation has them the other way round.
    assert_ok(&with("1", number, code, check.clone()));
    // A fully digital number in all three fields: some tools want each.
    merchant.authorized("2");
    let pdf = upload(&platform);
    let digital = json!("25952000000000000017");
    let mut body = invoice("2", &card_id, &pdf, "");
    for name in ["billing_no", "billing_code", "check_code"] {
        data(&mut body)[name] = digital.clone();
    }
    assert_ok(&platform.post(INSERT, &body));
}

#[test]
fn a_pdf_is_the_platforms_and_of_one_invoice() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    let card_id = card_id(&platform);
    merchant.authorized("1");
    merchant.authorized("2");
    let insert = |order: &str, pdf: &str, number: &str| {
        platform.post(INSERT, &invoice(order, &card_id, pdf, number))
    };
    assert_refused(&insert("1", "123", "62522141"), 40007, "s_media_id");
    let pdf = upload(&platform);
    assert_ok(&insert("1", &pdf, "62522141"));
    assert_refused(&insert("2", &pdf, "62522142"), 72040, "is of order 1 already");
    let mut with_trip = invoice("2", &card_id, &upload(&platform), "62522142");
    data(&mut with_trip)["s_trip_pdf_media_id"] = json!("123");
    assert_refused(&platform.post(INSERT, &with_trip), 40007, "s_media_id");
    let trip = showing("trip");
    data(&mut with_trip)["s_trip_pdf_media_id"] = json!(uploaded(&platform, &trip));
    let card = platform.post(INSERT, &with_trip);
    assert_ok(&card);
    let info = read_by_company(&server, &card["code"])["user_info"].clone();
    assert_eq!(server.get_raw_bytes(info["trip_pdf_url"].as_str().unwrap()), trip);
    let other = json!({"order_id": "2", "card_id": "pjZ8Yt9WoOePThU0NfUKz5-tBEWU"});
    let mut foreign = with_trip.clone();
    foreign["card_id"] = other["card_id"].clone();
    assert_refused(&platform.post(INSERT, &foreign), 40073, "has made no template");
}

#[test]
fn where_faces_are_checked_a_pdf_shows_the_invoices_code_and_number() {
    let server = TestServer::start_with("[platform]\nchecks_faces = true");
    let platform = server.client(PLATFORM);
    server.merchant().authorized("1");
    let card_id = card_id(&platform);
    let of_another = uploaded(&platform, &showing("044032000211 62522142"));
    let answer = platform.post(INSERT, &invoice("1", &card_id, &of_another, "62522141"));
    assert_refused(&answer, 72047, "62522141");
    assert_ok(&platform.post(INSERT, &invoice("1", &card_id, &upload(&platform), "62522141")));
}

#[test]
fn an_invoice_of_the_day_after_tomorrow_is_refused() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    server.merchant().authorized("1");
    let mut body = invoice("1", &card_id(&platform), &upload(&platform), "62522141");
    data(&mut body)["billing_time"] = json!(4_000_000_000_i64);
    assert_refused(&platform.post(INSERT, &body), 72031, "billing_time lies in the future");
}

/// What a company reads of the card with that code, which the user has chosen for it.
fn read_by_company(server: &TestServer, code: &Value) -> Value {
    let body = json!({"appid": REIMBURSER, "user": USER, "codes": [code]});
    let (_, chosen) = server.post_json("/sandbox/v1/choose-invoice", &body);
    let chosen: Value =
        serde_json::from_str(chosen["choose_invoice_info"].as_str().unwrap()).unwrap();
    let named = json!({"card_id": chosen[0]["card_id"], "encrypt_code": chosen[0]["encrypt_code"]});
    let answer = server.client(REIMBURSER).post("/card/invoice/reimburse/getinvoiceinfo", &named);
    assert_ok(&answer);
    answer
}

#[test]
fn an_operator_lists_inserted_invoices_and_finds_one() {
    let server = TestServer::start();
    let (merchant, platform) = (server.merchant(), server.client(PLATFORM));
    inserted(&server, &platform, "1", "62522141");
    merchant.authorized("2");
    let mut digital = invoice("2", &card_id(&platform), &upload(&platform), "");
    data(&mut digital)["billing_no"] = json!("26322000000000000005");
    data(&mut digital)["check_code"] = json!("");
    assert_ok(&platform.post(INSERT, &digital));
    let list = |filter: &str| {
        server.all_pages(&format!("inserted-invoices?appid={MERCHANT}{filter}"), "invoices")
    };
    for (filter, expected) in [
        ("", 2),
        ("&order_id=1", 1),
        ("&order_id=none", 0),
        (&*format!("&user={USER}"), 2),
        ("&number=04403200021162522141", 1),
        ("&number=26322000000000000005", 1),
        ("&from_ms=0&to_ms=9999999999999", 2),
    ] {
        // Searches find what is new within seconds.
        server.wait_until(filter, || list(filter).len() == expected);
    }
    let found = &list("&number=26322000000000000005")[0];
    let (no, code) = (&found["billing_no"], &found["billing_code"]);
    assert_eq!((no, code), (&json!("26322000000000000005"), &json!("")), "as companies read it");
    assert_eq!((&found["order_id"], &found["fee"]), (&json!("2"), &json!(1100)));
    assert_eq!(found["reimburse_status"], "INVOICE_REIMBURSE_INIT");
}
