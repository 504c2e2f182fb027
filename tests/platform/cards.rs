//! seturl, createcard, and what a card's own link says.

use super::{CREATE, card_id, data, inserted, invoice, template, upload::upload};
use super::{INSERT, UPDATE};
use kaipiao_tests::{
    MERCHANT, OTHER_USER, PLATFORM, REIMBURSER, TestServer, USER, assert_ok, assert_refused,
};
use serde_json::{Value, json};

#[test]
fn a_platform_cuts_its_s_pappid_out_of_its_own_link() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let path = platform.path("/card/invoice/seturl");
    for answer in [
        platform.post("/card/invoice/seturl", &json!({})),
        server.call("POST", &path, "\"{}\"\n"),
        server.call("POST", &path, ""),
        server.call("GET", &path, "{}"),
    ] {
        assert_ok(&answer);
        let url = answer["invoice_url"].as_str().unwrap();
        let (page, rest) = url.split_once('?').unwrap();
        assert!(page.ends_with("/bizmall/authinvoice"), "{url}");
        assert_eq!(rest, format!("action=list&s_pappid={}", server.s_pappid()));
    }
    assert_refused(
        &server.client(REIMBURSER).post("/card/invoice/seturl", &json!({})),
        48001,
        "platform_api",
    );
    assert_refused(
        &server.merchant().post("/card/invoice/seturl", &json!({})),
        48001,
        "switched off",
    );
    assert_refused(&server.call("PUT", &path, ""), 43002, "POST");
}

#[test]
fn each_template_has_a_card_id_of_its_own() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let (first, second) = (card_id(&platform), card_id(&platform));
    assert_ne!(first, second);
    assert!(first.len() == 28 && first.starts_with('p'), "{first}");
    for (pointer, value, words) in [
        ("/invoice_info", Value::Null, "invoice_info is missing"),
        ("/invoice_info/payee", json!(""), "invoice_info.payee is empty"),
        ("/invoice_info/type", Value::Null, "invoice_info.type is empty"),
        (
            "/invoice_info/base_info/title",
            json!("十个汉字的收款方名称"),
            "base_info.title is too long",
        ),
        ("/invoice_info/base_info/logo_url", json!("logo"), "base_info.logo_url must be a http"),
        ("/invoice_info/base_info/custom_url", json!("xyz"), "base_info.custom_url must be a http"),
        (
            "/invoice_info/base_info/custom_url_name",
            json!("查看详情页面"),
            "custom_url_name is too long",
        ),
        (
            "/invoice_info/base_info/custom_url_sub_title",
            json!("一二三四五六七"),
            "sub_title is too long",
        ),
    ] {
        let mut body = template();
        *body.pointer_mut(pointer).unwrap() = value;
        assert_refused(&platform.post(CREATE, &body), 72031, words);
    }
}

#[test]
fn an_account_without_the_family_is_refused_with_72015() {
    let server = TestServer::start();
    for (appid, words) in [(MERCHANT, "switched off"), (REIMBURSER, "cannot have")] {
        let client = server.client(appid);
        for call in [CREATE, INSERT, UPDATE] {
            assert_refused(&client.post(call, &json!({})), 72015, words);
        }
        assert_refused(&client.post("/card/code/decrypt", &json!({})), 48001, "platform_api");
    }
}

#[test]
fn a_template_that_is_too_young_waits() {
    let server = TestServer::start_with("[platform]\ncard_age_s = 60");
    let platform = server.client(PLATFORM);
    server.merchant().authorized("1");
    let body = invoice("1", &card_id(&platform), &upload(&platform), "62522141");
    assert_refused(&platform.post(INSERT, &body), 40078, "less than 60 s ago");
    server.advance_s(60);
    assert_ok(&platform.post(INSERT, &body));
}

/// The address that the page's entry of that name leads to.
fn entry(page: &str, name: &str) -> String {
    let before = page.split(&format!(">{name}")).next().unwrap();
    let address = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    address.replace("&#38;", "&").replace("&amp;", "&")
}

#[test]
fn a_cards_own_link_tells_the_platform_which_card_it_was() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    let card = inserted(&server, &platform, "1", "62522141");
    let page = |user: &str, path: &str| {
        let session = server.session(user);
        server.page("GET", path, &[("cookie", &*session), ("accept-language", "en")], "")
    };
    let wallet = page(USER, "/me/cards").into_body();
    assert!(wallet.contains("测试收款方</strong>") && wallet.contains("11.00"), "{wallet}");
    let path = wallet.split("/me/cards/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/me/cards/{path}");
    let shown = page(USER, &path).into_body();
    for words in [
        "测试收款方有限公司",
        "044032000211",
        "62522141",
        "12345678901234567890",
        "打印纸",
        "去看看",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(page(OTHER_USER, &path).status(), 404);
    let link = entry(&shown, "查看订单");
    let (before, fragment) = link.split_once('#').unwrap();
    let (address, query) = before.split_once('?').unwrap();
    assert_eq!((address, fragment), ("https://platform.example/order", "top"));
    let query: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let [shop, code, card_id] = &query[..] else { panic!("{query:?}") };
    assert_eq!((&*shop.0, &*shop.1), ("shop", "1"));
    assert_eq!((&*card_id.0, &json!(card_id.1)), ("card_id", &card["card_id"]));
    assert_eq!(code.0, "encrypt_code");

    let decrypt = |body: Value| platform.post("/card/code/decrypt", &body);
    let answer = decrypt(json!({"encrypt_code": code.1}));
    assert_ok(&answer);
    assert_eq!(answer["code"], card["code"]);
    assert_refused(&decrypt(json!({})), 72031, "encrypt_code is empty");
    assert_refused(&decrypt(json!({"encrypt_code": "x"})), 72025, "none of this server's");
    // What its user has chosen for a company is the company's.
    let body = json!({"appid": REIMBURSER, "user": USER});
    let (_, chosen) = server.post_json("/sandbox/v1/choose-invoice", &body);
    let chosen: Value =
        serde_json::from_str(chosen["choose_invoice_info"].as_str().unwrap()).unwrap();
    let of_company = json!({"encrypt_code": chosen[0]["encrypt_code"]});
    assert_refused(&decrypt(of_company), 72031, "encrypt_code is not of a card");
    assert_eq!(chosen[0]["app_id"], PLATFORM);
}

#[test]
fn a_digital_invoice_has_no_code_and_no_check_code() {
    let server = TestServer::start();
    let platform = server.client(PLATFORM);
    server.merchant().authorized("1");
    let mut body = invoice("1", &card_id(&platform), &upload(&platform), "");
    let number = "25952000000000000017";
    data(&mut body)["billing_no"] = json!(number);
    data(&mut body)["check_code"] = json!("");
    assert_ok(&platform.post(INSERT, &body));
}
