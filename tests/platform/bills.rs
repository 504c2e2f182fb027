//! Fiscal receipts: offered by link, collected on the page, inserted, in the wallet (wire_facts 1.4).

use super::pdf::{showing, uploaded};
use super::{CREATE, INSERT, card_id, data, invoice, update, upload::upload};
use crate::reimbursement::{chosen, update as reimburse};
use kaipiao_tests::{
    Client, MERCHANT, PLATFORM, REIMBURSER, Receiver, TestServer, USER, assert_ok, assert_refused,
    element, form_token,
};
use serde_json::{Value, json};

const ASK: &str = "/nontax/getbillauthurl";
const CREATE_BILL: &str = "/nontax/createbillcard";
const INSERT_BILL: &str = "/nontax/insertbill";
const CODE: &str = "44010124";

/// getbillauthurl's body: right in every field.
fn asked(server: &TestServer, client: &Client<'_>, order_id: &str) -> Value {
    json!({
        "s_pappid": server.s_pappid(), "order_id": order_id, "money": 1100,
        "timestamp": 1474875876, "source": "web", "ticket": client.ticket(),
    })
}

/// getbillauthurl that must succeed: its link.
fn link(server: &TestServer, client: &Client<'_>, order_id: &str) -> String {
    let answer = client.post(ASK, &asked(server, client, order_id));
    assert_ok(&answer);
    answer["auth_url"].as_str().unwrap().to_owned()
}

/// An order whose bill the demo user collects.
fn collected(server: &TestServer, client: &Client<'_>, order_id: &str) {
    let link = link(server, client, order_id);
    let (status, answer) = server.answer(&link, USER, "authorize", None);
    assert_eq!((status, &answer["result"]), (200, &json!("authorized")), "{answer}");
}

/// A new template of bills.
fn bill_card(bureau: &Client<'_>) -> String {
    let body = json!({"invoice_info": {
        "payee": "某市公安局出入境管理支队",
        "base_info": {"logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0"},
    }});
    let answer = bureau.post(CREATE_BILL, &body);
    assert_ok(&answer);
    answer["card_id"].as_str().unwrap().to_owned()
}

/// insertbill's body for an order of the demo merchant's.
fn bill(order_id: &str, card_id: &str, pdf: &str, number: &str) -> Value {
    json!({
        "order_id": order_id, "card_id": card_id, "appid": MERCHANT,
        "card_ext": {"user_card": {"invoice_user_data": {
            "fee": 1100, "title": "星期一", "billing_time": 1468322401,
            "billing_no": CODE, "billing_code": number, "s_pdf_media_id": pdf,
        }}},
    })
}

/// A PDF that shows a bill's code and number, uploaded anew.
fn bill_pdf(bureau: &Client<'_>) -> String {
    uploaded(bureau, &showing(&format!("{CODE} 0000000017")))
}

/// A page as a user sees it: status and text.
fn page(server: &TestServer, path: &str, language: &str) -> (u16, String) {
    let session = server.session(USER);
    let headers = [("cookie", &*session), ("accept-language", language)];
    let page = server.page("GET", path, &headers, "");
    (page.status().as_u16(), page.into_body())
}

/// A user's tap on a button of the page.
fn tap(server: &TestServer, path: &str, decision: &str) {
    let session = server.session(USER);
    let headers = [("cookie", &*session), ("accept-language", "en")];
    let html = server.page("GET", path, &headers, "").into_body();
    let (_, rest) = html.split_once("name=\"shown\" value=\"").expect("an authorization page");
    let shown = rest.split_once('"').unwrap().0;
    let form = format!("form_token={}&shown={shown}&decision={decision}", form_token(&html));
    assert_eq!(server.page("POST", path, &headers, &form).status(), 303);
}

#[test]
fn a_fiscal_receipt_goes_from_its_link_over_the_page_into_the_wallet() {
    let server = TestServer::start();
    let receiver = Receiver::start();
    server.set_callback(MERCHANT, &receiver, "plain");
    // Who collects a fee sets no contact.
    let (office, bureau) = (server.client(MERCHANT), server.client(PLATFORM));
    let answer = office.post(ASK, &asked(&server, &office, "B1"));
    assert_ok(&answer);
    assert_eq!(answer["expire_time"], 7200, "{answer}");
    assert_eq!(answer.get("appid"), None);
    let path = server.path_of(answer["auth_url"].as_str().unwrap());
    for (language, words) in [
        ("zh", ["领取财政电子票据", "财政部门", "暂不领取"]),
        ("en", ["Collect fiscal receipt", "Finance bureau", "Not now"]),
    ] {
        let (status, html) = page(&server, &path, language);
        let is_there = |words: &str| html.contains(words);
        assert!(status == 200 && words.into_iter().all(is_there) && is_there("11.00"), "{html}");
    }
    assert_eq!(office.status("B1")["invoice_status"], "never auth");
    tap(&server, &path, "authorize");
    assert!(page(&server, &path, "en").1.contains("Your receipt is on its way"));
    assert_eq!(office.status("B1")["invoice_status"], "auth success");
    let push = receiver.next().event(MERCHANT);
    assert_eq!(element(&push, "Event").as_deref(), Some("user_authorize_invoice"));
    assert_eq!(element(&push, "SuccOrderId").as_deref(), Some("B1"));

    let body = bill("B1", &bill_card(&bureau), &bill_pdf(&bureau), "0000000017");
    let mut card = bureau.post(INSERT_BILL, &body);
    assert_ok(&card);
    card["card_id"] = body["card_id"].clone();
    assert_eq!(card["openid"], server.openid(USER, PLATFORM));
    assert!(page(&server, &path, "en").1.contains("You have your fiscal receipt"));
    let (_, wallet) = page(&server, "/me/cards", "en");
    assert!(wallet.contains("Fiscal receipt") && wallet.contains("11.00"), "{wallet}");
    let name = wallet.split("/me/cards/").nth(1).unwrap().split('"').next().unwrap();
    let (_, shown) = page(&server, &format!("/me/cards/{name}"), "zh");
    for words in
        ["某市公安局出入境管理支队", "财政电子票据", "票据代码", CODE, "0000000017", "交款人"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("发票") && !shown.contains("税额"), "{shown}");
    let pdf = server.get_raw_bytes(&format!("{}/invoice/pdf/{name}", server.base));
    assert_eq!(pdf, showing(&format!("{CODE} 0000000017")), "the bureau's own PDF");
    assert!(page(&server, "/me/messages", "en").1.contains("Fiscal receipt collected"));

    assert_ok(&update(&bureau, &card, "CANCEL"));
    assert!(page(&server, "/me/cards", "zh").1.contains("已作废"));
    assert!(page(&server, &path, "en").1.contains("Your fiscal receipt was cancelled"));
    assert!(page(&server, "/me/messages", "en").1.contains("Fiscal receipt cancelled"));
}

#[test]
fn a_fiscal_receipt_is_chosen_and_reimbursed_like_an_invoice() {
    let server = TestServer::start();
    let (office, bureau) = (server.client(MERCHANT), server.client(PLATFORM));
    collected(&server, &office, "B1");
    let body = bill("B1", &bill_card(&bureau), &bill_pdf(&bureau), "0000000017");
    assert_ok(&bureau.post(INSERT_BILL, &body));
    let (company, mine) = (server.client(REIMBURSER), chosen(&server, REIMBURSER));
    let answer = company.post("/card/invoice/reimburse/getinvoiceinfo", &mine);
    assert_ok(&answer);
    assert_eq!(
        (&answer["type"], &answer["payee"]),
        (&json!("财政电子票据"), &json!("某市公安局出入境管理支队"))
    );
    let info = &answer["user_info"];
    for (name, value) in [
        ("fee", json!(1100)),
        ("fee_without_tax", json!(1100)),
        ("tax", json!(0)),
        ("title", json!("星期一")),
        ("billing_no", json!(CODE)),
        ("billing_code", json!("0000000017")),
        ("check_code", json!("")),
        ("order_id", json!("B1")),
    ] {
        assert_eq!(info[name], value, "{name}");
    }
    assert_ok(&reimburse(&company, &mine, "LOCK"));
    let (_, wallet) = page(&server, "/me/cards", "en");
    assert!(wallet.contains("In reimbursement"), "{wallet}");
    assert_ok(&reimburse(&company, &mine, "CLOSURE"));
    assert!(!page(&server, "/me/cards", "en").1.contains("Fiscal receipt"));
    assert!(page(&server, "/me/messages", "en").1.contains("Fiscal receipt reimbursed"));
    // An operator finds it by its number, and its order.
    let orders = server.all_pages(&format!("orders?appid={MERCHANT}&order_id=B1"), "orders");
    assert_eq!((&orders[0]["kind"], &orders[0]["type"]), (&json!("bill"), &json!(2)));
    let path = format!("inserted-invoices?appid={MERCHANT}&number={CODE}0000000017");
    server.wait_until("the search", || server.all_pages(&path, "invoices").len() == 1);
    let found = &server.all_pages(&path, "invoices")[0];
    assert_eq!((&found["billing_no"], &found["kind"]), (&json!(CODE), &json!("bill")));
}

#[test]
fn a_bills_link_serves_two_hours_and_says_so_in_both_languages() {
    let server = TestServer::start_with("[authorization]\nlink_life_s = 86400\n");
    let office = server.client(MERCHANT);
    let auth_url = link(&server, &office, "B1");
    let path = server.path_of(&auth_url);
    server.advance_s(7200 - 5);
    assert_eq!(page(&server, &path, "en").0, 200);
    server.advance_s(6);
    for (language, words) in [
        ("zh", ["链接已过期", "有效期为 2 小时"]),
        ("en", ["This link has expired", "serves for two hours"]),
    ] {
        let (status, html) = page(&server, &path, language);
        assert!(status == 410 && words.iter().all(|words| html.contains(words)), "{html}");
    }
    let (status, answer) = server.answer(&auth_url, USER, "authorize", None);
    assert_eq!(status, 409, "{answer}");
    let office = server.client_with(server.token(MERCHANT));
    assert_eq!(office.status("B1")["invoice_status"], "never auth");
    let again = link(&server, &office, "B1");
    assert_eq!(server.answer(&again, USER, "authorize", None).0, 200);
}

#[test]
fn what_is_wrong_with_a_bills_link_is_named() {
    let server = TestServer::start();
    let office = server.client(MERCHANT);
    let with = |name: &str, value: Value| {
        let mut body = asked(&server, &office, "B1");
        body[name] = value;
        office.post(ASK, &body)
    };
    for source in ["wxa", "wap", ""] {
        let refused = with("source", json!(source));
        assert_refused(
            &refused,
            72031,
            if source.is_empty() { "source is empty" } else { "web or app" },
        );
    }
    for (name, value, words) in [
        ("s_pappid", json!("wxabcd"), "is not a platform of this server"),
        ("order_id", json!(""), "order_id is empty"),
        ("money", json!(1.5), "1.5 yuan is 150"),
        ("timestamp", Value::Null, "timestamp is empty"),
        ("redirect_url", json!("javascript:x"), "redirect_url must be"),
        ("ticket", json!(""), "ticket is empty"),
        ("ticket", json!("x"), "ticket is unknown"),
    ] {
        assert_refused(&with(name, value), 72031, words);
    }
    assert_ok(&with("source", json!("app")));
    assert_refused(&server.client(PLATFORM).post(ASK, &json!({})), 48001, "merchant_api");
    assert_refused(&server.client(REIMBURSER).post(ASK, &json!({})), 48001, "merchant_api");
    assert_refused(&server.get(&office.path(ASK)), 43002, "POST");
    let misspelt = office.post("/nontax/getbillauthurls", &json!({}));
    assert_refused(&misspelt, 40066, "did you mean /nontax/getbillauthurl");
    // The way back is that of an invoice's page.
    let mut body = asked(&server, &office, "B2");
    body["redirect_url"] = json!("https://office.example/done");
    let answer = office.post(ASK, &body);
    let link = answer["auth_url"].as_str().unwrap();
    let (_, answered) = server.answer(link, USER, "authorize", None);
    assert_eq!(answered["redirect"], "https://office.example/done?order_id=B2&errcode=0");
}

#[test]
fn an_order_takes_a_card_of_the_kind_that_its_user_was_asked_for() {
    let server = TestServer::start();
    let (merchant, bureau) = (server.merchant(), server.client(PLATFORM));
    let (invoices, bills) = (card_id(&bureau), bill_card(&bureau));
    collected(&server, &merchant, "B1");
    merchant.authorized("I1");
    // What a user has authorized stays of its kind.
    let as_invoice = merchant.auth_url_answer(&merchant.asked("B1", 0));
    assert_refused(&as_invoice, 72031, "order_id is of the bill that its user has authorized");
    let as_bill = merchant.post(ASK, &asked(&server, &merchant, "I1"));
    assert_refused(&as_bill, 72031, "order_id is of the invoice that its user has authorized");
    assert_ok(&merchant.post(ASK, &asked(&server, &merchant, "B1")));
    let as_invoice = |order: &str, card: &str| {
        bureau.post(INSERT, &invoice(order, card, &upload(&bureau), "62522141"))
    };
    let as_bill = |order: &str, card: &str| {
        bureau.post(INSERT_BILL, &bill(order, card, &bill_pdf(&bureau), "0000000017"))
    };
    assert_refused(&as_invoice("B1", &bills), 40073, "use a card_id of createcard");
    assert_refused(&as_bill("B1", &invoices), 40073, "use a card_id of createbillcard");
    assert_refused(&as_invoice("B1", &invoices), 72038, "by /nontax/insertbill");
    assert_refused(&as_bill("I1", &bills), 72038, "it takes an invoice");
    assert_refused(&merchant.make_out(&merchant.invoice("B1", "R1")), 72038, "insertbill");
    assert_ok(&as_bill("B1", &bills));
    assert_ok(&as_invoice("I1", &invoices));
}

#[test]
fn a_bill_is_refused_with_the_codes_of_insert() {
    let server = TestServer::start_with("[platform]\nchecks_faces = true\ncard_age_s = 60\n");
    let bureau = server.client(PLATFORM);
    for appid in [MERCHANT, REIMBURSER] {
        for call in [CREATE_BILL, INSERT_BILL] {
            assert_refused(&server.client(appid).post(call, &json!({})), 48001, "");
        }
    }
    let card_id = bill_card(&bureau);
    let office = server.client(MERCHANT);
    let insert = |body: &Value| bureau.post(INSERT_BILL, body);
    let whole = |order: &str| bill(order, &card_id, &bill_pdf(&bureau), "0000000017");
    assert_refused(&insert(&whole("B1")), 40078, "less than 60 s ago");
    server.advance_s(60);
    assert_refused(&insert(&whole("B1")), 72038, "never called getauthurl");
    let auth_url = link(&server, &office, "B1");
    assert_refused(&insert(&whole("B1")), 72038, "not authorized yet");
    server.answer(&auth_url, USER, "decline", None);
    assert_refused(&insert(&whole("B1")), 72038, "the user declined");
    server.answer(&auth_url, USER, "authorize", None);
    for (name, value, code, words) in [
        ("billing_no", json!("044032000211"), 72043, "a bill's code has 8 digits"),
        ("billing_code", json!(""), 72043, "its number 10"),
        ("s_pdf_media_id", json!("123"), 40007, "s_media_id"),
        ("fee", json!(0), 72031, "invoice_user_data.fee must be"),
        ("billing_time", json!(4_000_000_000_i64), 72031, "billing_time lies in the future"),
    ] {
        let mut body = whole("B1");
        data(&mut body)[name] = value;
        assert_refused(&insert(&body), code, words);
    }
    let of_another = bill("B1", &card_id, &upload(&bureau), "0000000017");
    assert_refused(&insert(&of_another), 72047, CODE);
    // Some clients name code and number the other way round.
    let mut turned = whole("B1");
    data(&mut turned)["billing_no"] = json!("0000000017");
    data(&mut turned)["billing_code"] = json!(CODE);
    assert_ok(&insert(&turned));
    assert_refused(&insert(&whole("B1")), 72056, "has the card");
    collected(&server, &office, "B2");
    assert_refused(&insert(&whole("B2")), 72042, "the bill 44010124 0000000017 is in a wallet");
    assert_ok(&office.reject("B2"));
    assert_refused(&insert(&whole("B2")), 72035, "rejected");
    let (_, inbox) = page(&server, "/me/messages", "en");
    assert!(inbox.contains("Fiscal receipt rejected"), "{inbox}");
}

/// As the published tables have them: no `invoice_info`, and the members in `user_card` itself.
#[test]
fn both_published_shapes_of_a_bill_are_read() {
    let server = TestServer::start();
    let (office, bureau) = (server.client(MERCHANT), server.client(PLATFORM));
    let answer = bureau.post(
        CREATE_BILL,
        &json!({"payee": "测试非税票据", "base_info": {"logo_url": "http://mmbiz.qpic.cn/a/0"}}),
    );
    assert_ok(&answer);
    let mut body =
        bill("B1", answer["card_id"].as_str().unwrap(), &bill_pdf(&bureau), "0000000017");
    let flat = data(&mut body).take();
    body["card_ext"]["user_card"] = flat;
    collected(&server, &office, "B1");
    assert_ok(&bureau.post(INSERT_BILL, &body));
    for body in [json!({}), json!({"invoice_info": {"base_info": {}}})] {
        assert_refused(&bureau.post(CREATE_BILL, &body), 72031, "invoice_info");
    }
    // createcard wants what it always wanted.
    assert_refused(
        &bureau.post(CREATE, &json!({"payee": "x", "base_info": {}})),
        72031,
        "invoice_info",
    );
}
