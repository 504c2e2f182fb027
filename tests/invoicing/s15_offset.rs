//! Section 15.

use kaipiao_tests::{MERCHANT, OTHER_USER, TestServer, assert_refused, assert_sucesss};
use serde_json::json;

#[test]
fn an_invoice_is_offset_once_by_a_red_one_of_its_own() {
    let server = TestServer::start();
    let client = server.merchant();
    let blue = client.issued("1", "A1");
    assert_sucesss(&client.offset(&json!({"invoiceinfo": client.offset_of(&blue, "A1r")})));
    let red = client.result("A1r")["invoicedetail"].clone();
    assert_eq!(red["fpdm"], blue["fpdm"]);
    assert_ne!(red["fphm"], blue["fphm"]);
    assert_ne!(red["pdfurl"], blue["pdfurl"]);
    // The blue one is still there, as it was.
    assert_eq!(client.query("A1")["invoicedetail"], blue);
    // The same again is a success, and nothing is issued again.
    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    assert_eq!(client.query("A1r")["invoicedetail"], red);
    assert_refused(
        &client.offset(&client.offset_of(&blue, "A1s")),
        72024,
        "offset by \"2ff836A1r\"",
    );
    assert_refused(&client.offset(&client.offset_of(&red, "A1t")), 72024, "a red invoice");
    // The order stays used.
    assert_refused(&client.make_out(&client.invoice("1", "A2")), 73108, "\"2ff836A1\"");
    assert_refused(&client.make_out(&client.invoice("1", "A1r")), 73106, "the serial of an offset");
    assert_refused(&client.reject("1"), 72024, "issued");
    let (_, listed) = server.admin("GET", &format!("invoices?appid={MERCHANT}"), &json!({}));
    let states: Vec<_> = listed["invoices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| {
            (
                i["colour"].as_str().unwrap(),
                i["state"].as_str().unwrap(),
                i["jshj"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(states, [("blue", "offset", "159.00"), ("red", "issued", "-159.00")]);
}

#[test]
fn what_is_wrong_is_said_at_once_and_in_order() {
    let server = TestServer::start();
    let client = server.merchant();
    let blue = client.issued("1", "B1");
    client.issued("2", "B2");
    let good = client.offset_of(&blue, "B1r");
    let mut body = json!({});
    for (name, code) in
        [("wxopenid", 73001), ("fpqqlsh", 73003), ("nsrmc", 73007), ("nsrsbh", 73016)]
    {
        assert_refused(&client.offset(&body), code, &format!("{name} is empty"));
        body[name] = good[name].clone();
    }
    assert_refused(&client.offset(&body), 72031, "yfphm is empty");
    body["yfpdm"] = json!("050003521100");
    body["yfphm"] = json!("30329969");
    body["wxopenid"] = json!(server.openid(OTHER_USER, MERCHANT));
    body["nsrsbh"] = json!("110109500321654");
    body["fpqqlsh"] = json!("other6");
    assert_refused(&client.offset(&body), 73110, "2ff836");
    body["fpqqlsh"] = json!("2ff836B2");
    assert_refused(&client.offset(&body), 73101, "not \"110109500321654\"");
    body["nsrsbh"] = good["nsrsbh"].clone();
    let unknown = "yfpdm \"050003521100\" and yfphm \"30329969\" are of no invoice";
    assert_refused(&client.offset(&body), 72031, unknown);
    (body["yfpdm"], body["yfphm"]) = (json!("1"), json!("2"));
    assert_refused(&client.offset(&body), 72031, "yfpdm \"1\" and yfphm \"2\" are of no invoice");
    (body["yfpdm"], body["yfphm"]) = (good["yfpdm"].clone(), good["yfphm"].clone());
    assert_refused(&client.offset(&body), 73001, "not the user who authorized");
    body["wxopenid"] = good["wxopenid"].clone();
    assert_refused(&client.offset(&body), 73106, "a blue invoice; an offset has its own serial");
    body["fpqqlsh"] = json!("2ff836B1");
    assert_refused(&client.offset(&body), 73106, "a blue invoice");
    body["fpqqlsh"] = good["fpqqlsh"].clone();
    assert_sucesss(&client.offset(&body));
    client.result("B1r");
}

#[test]
fn an_offset_that_fails_leaves_the_invoice_standing() {
    let server = TestServer::start();
    let client = server.merchant();
    let blue = client.issued("1", "C1");
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    assert_sucesss(&client.offset(&client.offset_of(&blue, "C1r")));
    assert_refused(&client.result("C1r"), 73000, "refuses");
    // Another serial may try, or the same one again.
    server.fault(json!({"target": "issuer", "errcode": 73105}));
    assert_sucesss(&client.offset(&client.offset_of(&blue, "C1s")));
    assert_refused(&client.result("C1s"), 73105, "");
    // Nobody knows whether that one was issued: only it can find out.
    assert_refused(
        &client.offset(&client.offset_of(&blue, "C1r")),
        72036,
        "offset by \"2ff836C1s\"",
    );
    assert_refused(&client.offset(&client.offset_of(&blue, "C1s")), 73105, "asked again");
    assert_eq!(client.result("C1s")["errcode"], 0);
    assert_refused(&client.offset(&client.offset_of(&blue, "C1r")), 72024, "C1s");
}

#[test]
fn an_offset_that_is_running_says_so() {
    let server = TestServer::start();
    let client = server.merchant();
    let blue = client.issued("1", "D1");
    server.fault(json!({"target": "issuer", "delay_ms": 20_000}));
    assert_sucesss(&client.offset(&client.offset_of(&blue, "D1r")));
    assert_refused(&client.offset(&client.offset_of(&blue, "D1r")), 73107, "");
    assert_refused(&client.offset(&client.offset_of(&blue, "D1s")), 72036, "being offset");
    assert_refused(&client.query("D1r"), 73107, "");
    server.advance_s(21);
    assert_eq!(client.result("D1r")["errcode"], 0);
}
