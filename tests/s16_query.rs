//! Section 16: the query, both faces of an invoice, and its PDF.

use kaipiao_tests::{ADMIN, MERCHANT, PLATFORM, TestServer, assert_refused};
use serde_json::{Value, json};

fn digits(value: &Value) -> usize {
    let text = value.as_str().unwrap();
    assert!(text.bytes().all(|b| b.is_ascii_digit()), "{text}");
    text.len()
}

#[test]
fn a_classic_invoice_has_a_code_a_number_and_a_check_code() {
    let server = TestServer::start();
    let detail = server.merchant().issued("1", "A1");
    let lengths = ["fpdm", "fphm", "jym", "kprq"].map(|name| digits(&detail[name]));
    assert_eq!(lengths, [12, 8, 20, 14]);
}

#[test]
fn a_fully_digital_invoice_has_a_number_alone_and_can_be_offset() {
    let server = TestServer::start();
    let desk = server.merchant();
    let classic = desk.issued("1", "B1");
    let (status, account) =
        server.put_account(MERCHANT, &json!({"merchant": {"face": "digital"}}), ADMIN);
    assert_eq!((status, &account["merchant"]["face"]), (200, &json!("digital")));
    let detail = desk.issued("2", "B2");
    assert_eq!(
        (digits(&detail["fphm"]), &detail["fpdm"], &detail["jym"]),
        (20, &json!(""), &json!(""))
    );
    kaipiao_tests::assert_sucesss(&desk.offset(&desk.offset_of(&detail, "B2r")));
    let red = desk.result("B2r")["invoicedetail"].clone();
    assert_eq!(digits(&red["fphm"]), 20);
    // What was issued on the other face before is offset on that face.
    kaipiao_tests::assert_sucesss(&desk.offset(&desk.offset_of(&classic, "B1r")));
    assert_eq!(digits(&desk.result("B1r")["invoicedetail"]["fphm"]), 8);
}

#[test]
fn what_is_wrong_is_said_in_order() {
    let server = TestServer::start();
    let desk = server.merchant();
    desk.issued("1", "C1");
    let query = |body: Value| desk.post("/card/invoice/queryinvoceinfo", &body);
    assert_refused(&query(json!({})), 73003, "fpqqlsh is empty");
    assert_refused(&query(json!({"fpqqlsh": "2ff836C1"})), 73016, "nsrsbh is empty");
    let foreign = json!({"fpqqlsh": "x", "nsrsbh": "110109500321654"});
    assert_refused(&query(foreign), 73101, "91440300MA5KP0009F");
    assert_refused(&desk.query("C2"), 73109, "");
    let known = json!({"fpqqlsh": "2ff836C1", "nsrsbh": "91440300MA5KP0009F"});
    assert_eq!(query(json!({"invoiceinfo": known}))["errcode"], 0);
    let platform = server.desk(PLATFORM).post("/card/invoice/queryinvoceinfo", &known);
    assert_refused(&platform, 72015, "");
    // The path is misspelt, and only that one exists.
    assert_eq!(server.get_raw(&desk.path("/card/invoice/queryinvoiceinfo")).status(), 404);
}

#[test]
fn the_pdf_is_behind_an_address_that_cannot_be_guessed_and_never_changes() {
    let server = TestServer::start();
    let desk = server.merchant();
    let detail = desk.issued("1", "D1");
    let url = detail["pdfurl"].as_str().unwrap().to_owned();
    let pdf = server.get_raw_bytes(&url);
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{}", pdf.len());
    assert_eq!(server.get_raw_bytes(&url), pdf, "the same bytes each time");
    assert_eq!(desk.query("D1")["invoicedetail"]["pdfurl"], json!(url));
    let path = url.strip_prefix(&server.base).unwrap();
    assert_eq!(server.get_raw_headers(path)["content-type"], "application/pdf");
    for wrong in [&path[..path.len() - 1], "/invoice/pdf/", "/invoice/pdf/x.y", "/invoice/pdf/."] {
        assert_eq!(server.get_raw(wrong).status(), 404, "{wrong}");
    }
    // An address of a request that is not issued is not told, and leads nowhere.
    let server = server.restart_with("");
    let again = server.desk(MERCHANT).query("D1")["invoicedetail"].clone();
    assert_eq!(again["fphm"], detail["fphm"]);
    let path = |url: &Value| url.as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(path(&again["pdfurl"]), path(&detail["pdfurl"]));
}

#[test]
fn an_invoice_is_its_merchants_alone() {
    let server = TestServer::start();
    server.merchant().issued("1", "E1");
    let secret = "ffffffffffffffffffffffffffffffff";
    let other = "wx00000000000000aa";
    let account = json!({"role": "merchant", "secret": secret, "merchant": {
        "code": "2ff836", "nsrsbh": "91440300MA5KP0009F", "nsrmc": "Other Shop",
    }});
    assert_eq!(server.put_account(other, &account, ADMIN).0, 201);
    let token = server.token_answer(other, secret)["access_token"].as_str().unwrap().to_owned();
    assert_refused(&server.desk_with(token).query("E1"), 73109, "");
}
