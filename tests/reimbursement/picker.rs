//! What the picker checks before it asks a user: whose page it is.

use super::{chosen_for, named, wecom};
use kaipiao_tests::{
    ADMIN, MERCHANT, MOBILE_APP, REIMBURSER, TestServer, USER, assert_ok, assert_refused,
    form_token,
};
use kaipiao_wire::delivery::push_crypto::signature;
use kaipiao_wire::reimbursement::card_sign::page_signature;
use serde_json::{Value, json};
use std::collections::HashMap;

const SIGNED: &str = "timestamp=1489030247&nonceStr=p6N7WOAF&signType=SHA1";
const ORIGIN: &str = "origin=https://company.example";

fn picker(server: &TestServer, query: &str) -> (u16, String) {
    let path = format!("/open/choose-invoice?{query}");
    let page = server.page("GET", &path, &[("accept-language", "en")], "");
    (page.status().as_u16(), page.into_body())
}

fn card_sign(ticket: &str, appid: &str) -> String {
    signature(&[ticket, appid, "1489030247", "p6N7WOAF", "INVOICE"])
}

#[test]
fn only_a_ticket_of_the_company_that_lives_opens_the_picker() {
    let server = TestServer::start();
    let ticket = server.client(REIMBURSER).ticket();
    let sign = card_sign(&ticket, REIMBURSER);
    let of = |appid: &str, sign: &str| format!("appid={appid}&{SIGNED}&cardSign={sign}&{ORIGIN}");
    let right = of(REIMBURSER, &sign);
    // Who is not known logs in first.
    assert_eq!(picker(&server, &right).0, 303);
    assert_eq!(picker(&server, &of(REIMBURSER, &sign.to_uppercase())).0, 303);
    let merchants = server.client(MERCHANT).ticket();
    for (query, words) in [
        (of(REIMBURSER, "00"), "invalid signature"),
        (of(REIMBURSER, &card_sign(&merchants, REIMBURSER)), "invalid signature"),
        (of(MERCHANT, &card_sign(&merchants, MERCHANT)), "reimbursement_api"),
        (of("wx00000000000000aa", &sign), "wx00000000000000aa"),
        (of("x", &sign), "invalid appid"),
        (right.replace("SHA1", "MD5"), "SHA1"),
    ] {
        let (status, html) = picker(&server, &query);
        assert!(html.contains(words), "{query}: {html}");
        assert!(status == 403 && html.contains("choose_invoice:fail"), "{query}: {html}");
    }
    for origin in ["", "origin=javascript:alert(1)", "origin=https://", "origin=https://a/b"] {
        let query = right.replace(ORIGIN, origin);
        let (status, html) = picker(&server, &query);
        assert!(status == 400 && html.contains("Open the picker"), "{origin}: {html}");
    }
    server.advance_s(7190);
    assert_eq!(picker(&server, &right).0, 303);
    server.advance_s(30);
    assert_eq!(picker(&server, &right).0, 403);
}

/// WeCom's names for the same calls, from the ticket to the written-off invoice (wire_facts 1.2).
#[test]
fn a_company_in_wecom_has_its_ticket_and_its_four_calls() {
    let server = TestServer::start();
    server.merchant().issued("1", "R1");
    let company = server.client(REIMBURSER);
    let ticket = |query: &str| server.get(&company.path(&format!("/cgi-bin/ticket/get{query}")));
    let answer = ticket("?type=wx_card");
    assert_ok(&answer);
    assert_eq!(answer["expires_in"], 7200);
    let sign = card_sign(answer["ticket"].as_str().unwrap(), REIMBURSER);
    let query = format!("appid={REIMBURSER}&{SIGNED}&cardSign={sign}&{ORIGIN}");
    assert_eq!(picker(&server, &query).0, 303);
    for other in ["", "?type=", "?type=jsapi", "?type=agent_config"] {
        assert_refused(&ticket(other), 40097, "type must be wx_card, not");
    }
    assert_refused(&server.get("/cgi-bin/ticket/get?type=wx_card"), 41001, "access_token");
    let posted = server.call("POST", &company.path("/cgi-bin/ticket/get?type=wx_card"), "");
    assert_refused(&posted, 43001, "GET");

    let card = named(&chosen_for(&server, REIMBURSER, USER)[0]);
    let one = company.post(&wecom("getinvoiceinfo"), &card);
    assert_ok(&one);
    let many = company.post(&wecom("getinvoiceinfobatch"), &json!({"item_list": [card]}));
    assert_ok(&many);
    assert_eq!(many["item_list"][0]["user_info"], one["user_info"]);
    let mut lock = card.clone();
    lock["reimburse_status"] = json!("INVOICE_REIMBURSE_LOCK");
    assert_ok(&company.post(&wecom("updateinvoicestatus"), &lock));
    let close = json!({
        "openid": one["openid"], "reimburse_status": "INVOICE_REIMBURSE_CLOSURE",
        "invoice_list": [card],
    });
    assert_ok(&company.post(&wecom("updatestatusbatch"), &close));
}

#[test]
fn a_page_is_configured_with_its_own_address_alone() {
    let server = TestServer::start();
    let client = server.client(REIMBURSER);
    let path = client.path("/cgi-bin/ticket/getticket?type=jsapi");
    let ticket = server.get(&path)["ticket"].as_str().unwrap().to_owned();
    let signature = page_signature(&ticket, "n", "1", "https://company.example/a?b=1");
    let said = |appid: &str, url: &str| {
        let query = format!("appId={appid}&timestamp=1&nonceStr=n&signature={signature}&url={url}");
        let answer: Value = server.get_json(&format!("/open/js/config?{query}"));
        answer["errMsg"].as_str().unwrap().to_owned()
    };
    let url = "https%3A%2F%2Fcompany.example%2Fa%3Fb%3D1";
    assert_eq!(said(REIMBURSER, url), "config:ok");
    assert!(said(REIMBURSER, "https%3A%2F%2Fother.example").contains("invalid signature"));
    assert!(said("wx00000000000000aa", url).contains("invalid appid"));
    let headers = server.get_raw_headers("/open/js/jweixin-1.6.0.js");
    assert_eq!(headers["access-control-allow-origin"], "*");
}

#[test]
fn an_app_is_led_back_from_the_picker_by_its_own_scheme() {
    let server = TestServer::start();
    server.leaves_pushes();
    server.merchant().issued("1", "R1");
    let (status, _) = server.put_account(MOBILE_APP, &json!({"reimbursement_api": true}), ADMIN);
    assert_eq!(status, 200);
    let app = server.client(MOBILE_APP);
    let sign = card_sign(&app.ticket(), MOBILE_APP);
    let of =
        |sign: &str| format!("/open/choose-invoice?appid={MOBILE_APP}&{SIGNED}&cardSign={sign}");
    let path = format!("{}&source=app", of(&sign));
    let cookie = server.session(USER);
    let headers = [("cookie", &*cookie), ("accept-language", "en")];
    let offered = server.page("GET", &path, &headers, "").into_body();
    let token = form_token(&offered);
    let (_, rest) = offered.split_once("name=\"code\" value=\"").expect("an invoice is offered");
    let code = rest.split('"').next().unwrap();
    let back = |path: &str, form: &str| {
        let method = if form.is_empty() { "GET" } else { "POST" };
        let page = server.page(method, path, &headers, form);
        let status = page.status().as_u16();
        let html = page.into_body().replace("&amp;", "&").replace("&#38;", "&");
        let (_, rest) = html.split_once(&format!("href=\"{MOBILE_APP}://")).expect("a way back");
        (status, rest.split('"').next().unwrap().to_owned())
    };
    let cancelled = back(&path, &format!("form_token={token}&cancel=1"));
    assert_eq!(cancelled, (200, "choose-invoice?errCode=-2".to_owned()));
    let (status, wrong) = back(&format!("{}&source=app", of("00")), "");
    assert!(status == 403 && wrong.starts_with("choose-invoice?errCode=-1&errStr=invalid%20sign"));
    let (status, chosen) = back(&path, &format!("form_token={token}&code={code}"));
    let query = chosen.split_once('?').unwrap().1.as_bytes();
    let members: HashMap<String, String> = form_urlencoded::parse(query).into_owned().collect();
    assert_eq!((status, &*members["errCode"]), (200, "0"));
    let chosen: Value = serde_json::from_str(&members["choose_invoice_info"]).unwrap();
    let named = json!({
        "card_id": chosen[0]["card_id"], "encrypt_code": chosen[0]["encrypt_code"],
    });
    let info = app.post("/card/invoice/reimburse/getinvoiceinfo", &named);
    assert_eq!(info["user_info"]["order_id"], "1", "{info}");
    // Only an appid is a scheme that is led to, and a page is told by its origin.
    for path in [of(&sign), path.replace(MOBILE_APP, "javascript")] {
        assert_eq!(server.page("GET", &path, &headers, "").status(), 400, "{path}");
    }
}
