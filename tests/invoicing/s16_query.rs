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
    let client = server.merchant();
    let classic = client.issued("1", "B1");
    let (status, account) =
        server.put_account(MERCHANT, &json!({"merchant": {"face": "digital"}}), ADMIN);
    assert_eq!((status, &account["merchant"]["face"]), (200, &json!("digital")));
    let detail = client.issued("2", "B2");
    assert_eq!(
        (digits(&detail["fphm"]), &detail["fpdm"], &detail["jym"]),
        (20, &json!(""), &json!(""))
    );
    kaipiao_tests::assert_sucesss(&client.offset(&client.offset_of(&detail, "B2r")));
    let red = client.result("B2r")["invoicedetail"].clone();
    assert_eq!(digits(&red["fphm"]), 20);
    // What was issued on the other face before is offset on that face.
    kaipiao_tests::assert_sucesss(&client.offset(&client.offset_of(&classic, "B1r")));
    assert_eq!(digits(&client.result("B1r")["invoicedetail"]["fphm"]), 8);
}

#[test]
fn what_is_wrong_is_said_in_order() {
    let server = TestServer::start();
    let client = server.merchant();
    client.issued("1", "C1");
    let query = |body: Value| client.post("/card/invoice/queryinvoceinfo", &body);
    assert_refused(&query(json!({})), 73003, "fpqqlsh is empty");
    assert_refused(&query(json!({"fpqqlsh": "2ff836C1"})), 73016, "nsrsbh is empty");
    let foreign = json!({"fpqqlsh": "x", "nsrsbh": "110109500321654"});
    assert_refused(&query(foreign), 73101, "91440300MA5KP0009F");
    assert_refused(&client.query("C2"), 73109, "\"2ff836C2\" was never accepted");
    let known = json!({"fpqqlsh": "2ff836C1", "nsrsbh": "91440300MA5KP0009F"});
    assert_eq!(query(json!({"invoiceinfo": known}))["errcode"], 0);
    let platform = server.client(PLATFORM).post("/card/invoice/queryinvoceinfo", &known);
    assert_refused(&platform, 72015, "");
    // The path is misspelt, and only that one exists.
    let answer = client.post("/card/invoice/queryinvoiceinfo", &known);
    assert_refused(&answer, 40066, "did you mean /card/invoice/queryinvoceinfo");
}

fn assert_holds(text: &str, values: &[&str]) {
    for value in values {
        let value: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(text.contains(&value), "{value} is not in {text}");
    }
}

#[test]
fn the_pdf_holds_every_value() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let mut body = client.invoice("1", "F1");
    for (name, value) in [
        ("ghfnsrsbh", "91440300MA5KP0001N"),
        ("ghfdz", "深圳市南山区示例路1号"),
        ("ghfdh", "0755-80000001"),
        ("ghfbank", "示例银行深圳分行"),
        ("ghfbankid", "6200000000000001"),
        ("skr", "李四"),
        ("fhr", "王五"),
        ("bz", "第一行\n第二行"),
    ] {
        body[name] = json!(value);
    }
    body["invoicedetail_list"] = json!([
        {"fphxz": 2, "spbm": "1090418010000000000", "xmmc": "洗衣机", "dw": "台", "ggxh": "60L",
         "xmsl": 2, "xmdj": 100.5, "xmje": 201, "sl": 0.13, "se": 26.13},
        {"fphxz": 1, "spbm": "1090418010000000000", "xmmc": "折扣行", "xmje": -21, "sl": 0.13,
         "se": -2.73},
    ]);
    (body["hjje"], body["hjse"], body["jshj"]) = (json!(180), json!(23.4), json!(203.4));
    kaipiao_tests::assert_sucesss(&client.make_out(&body));
    let blue = client.result("F1")["invoicedetail"].clone();
    let text = server.pdf_text(&blue);
    let of = |name: &str| blue[name].as_str().unwrap().to_owned();
    let date = of("kprq");
    let shown = format!("{}年{}月{}日", &date[..4], &date[4..6], &date[6..8]);
    let values = [&*of("fpdm"), &of("fphm"), &of("jym"), &shown];
    assert_holds(&text, &values);
    for name in ["nsrsbh", "nsrmc", "nsrdz", "nsrdh", "nsrbank", "nsrbankid", "ghfmc", "ghfnsrsbh"]
        .iter()
        .chain(&["ghfdz", "ghfdh", "ghfbank", "ghfbankid", "kpr", "skr", "fhr", "bz"])
    {
        assert_holds(&text, &[body[*name].as_str().unwrap()]);
    }
    let line = "*家用清洁电器具*洗衣机60L台2100.5201.0013%26.13";
    // A discount line bears the name of what it discounts.
    assert_holds(&text, &[line, "*洗衣机-21.0013%-2.73", "合计¥180.00¥23.40", "¥203.40"]);
    assert_holds(&text, &["增值税电子普通发票", "⊗贰佰零叁圆肆角整", "样票 SPECIMEN"]);

    kaipiao_tests::assert_sucesss(&client.offset(&client.offset_of(&blue, "F1r")));
    let text = server.pdf_text(&client.result("F1r")["invoicedetail"]);
    let remark = format!("对应正数发票代码:{}号码:{}", of("fpdm"), of("fphm"));
    assert_holds(
        &text,
        &["销项负数", "（负数）贰佰零叁圆肆角整", "¥-203.40", "-2100.5-201.0013%-26.13", &remark],
    );

    server.put_account(MERCHANT, &json!({"merchant": {"face": "digital"}}), ADMIN);
    let digital = client.issued("2", "F2");
    let text = server.pdf_text(&digital);
    assert_holds(&text, &["电子发票（普通发票）", digital["fphm"].as_str().unwrap()]);
    assert!(!text.contains("校验码") && !text.contains("发票代码"), "{text}");

    kaipiao_tests::assert_sucesss(&client.offset(&client.offset_of(&digital, "F2r")));
    let red = client.result("F2r")["invoicedetail"].clone();
    let number = |detail: &Value| detail["fphm"].as_str().unwrap().to_owned();
    let month = &red["kprq"].as_str().unwrap()[2..6];
    let confirmation = format!("{}0000{month}{}", &number(&red)[2..4], &number(&red)[10..]);
    let remark = format!(
        "被红冲蓝字数电发票号码：{}红字发票信息确认单编号：{confirmation}",
        number(&digital)
    );
    assert_holds(&server.pdf_text(&red), &[&remark, "¥-159.00"]);
}

#[test]
fn the_face_is_a_picture_too() {
    let server = TestServer::start();
    let detail = server.merchant().issued("1", "I1");
    let path = detail["pdfurl"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    let (status, headers, picture) = server.bytes("GET", &path.replace("/pdf/", "/svg/"), &[]);
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "image/svg+xml"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let picture = String::from_utf8(picture).unwrap();
    assert!(picture.contains("<svg") && picture.contains("viewBox=\"0 0 210 140\""), "{picture}");
    assert_eq!(server.get_raw("/invoice/svg/x.y").status(), 404);
}

#[test]
fn an_invoice_is_found_by_the_taxpayer_that_it_was_issued_for() {
    let server = TestServer::start();
    let client = server.merchant();
    client.issued("1", "G1");
    let moved = json!({"merchant": {"nsrsbh": "110109500321654"}});
    assert_eq!(server.put_account(MERCHANT, &moved, ADMIN).0, 200);
    for tax_id in ["91440300MA5KP0009F", "110109500321654"] {
        let which = json!({"fpqqlsh": "2ff836G1", "nsrsbh": tax_id});
        assert_eq!(client.post("/card/invoice/queryinvoceinfo", &which)["errcode"], 0, "{tax_id}");
    }
    let which = json!({"fpqqlsh": "2ff836G1", "nsrsbh": "1"});
    assert_refused(&client.post("/card/invoice/queryinvoceinfo", &which), 73101, "110109500321654");
}

#[test]
fn the_pdf_is_behind_an_address_that_cannot_be_guessed_and_never_changes() {
    let server = TestServer::start();
    let client = server.merchant();
    let detail = client.issued("1", "D1");
    let url = detail["pdfurl"].as_str().unwrap().to_owned();
    let pdf = server.get_raw_bytes(&url);
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{}", pdf.len());
    assert_eq!(server.get_raw_bytes(&url), pdf, "the same bytes each time");
    assert_eq!(client.query("D1")["invoicedetail"]["pdfurl"], json!(url));
    let path = url.strip_prefix(&server.base).unwrap();
    assert_eq!(server.get_raw_headers(path)["content-type"], "application/pdf");
    for wrong in [&path[..path.len() - 1], "/invoice/pdf/", "/invoice/pdf/x.y", "/invoice/pdf/."] {
        assert_eq!(server.get_raw(wrong).status(), 404, "{wrong}");
    }
    // Started again, the server has another port: the host may change, the path does not.
    let server = server.restart_with("");
    let again = server.client(MERCHANT).query("D1")["invoicedetail"].clone();
    assert_eq!(again["fphm"], detail["fphm"]);
    let path = |url: &Value| url.as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(path(&again["pdfurl"]), path(&detail["pdfurl"]));
}

#[test]
fn a_viewer_asks_for_parts_and_asks_again_only_for_what_has_changed() {
    let server = TestServer::start();
    let detail = server.merchant().issued("1", "H1");
    let path = detail["pdfurl"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    let whole = server.get_raw_bytes(detail["pdfurl"].as_str().unwrap());
    let ask = |method: &str, headers: &[(&str, &str)]| server.bytes(method, path, headers);
    let (status, headers, body) = ask("HEAD", &[]);
    assert_eq!((status, body.len()), (200, 0));
    assert_eq!(headers["content-length"], whole.len().to_string());
    assert_eq!(headers["accept-ranges"], "bytes");
    let digits =
        format!("{}{}", detail["fpdm"].as_str().unwrap(), detail["fphm"].as_str().unwrap());
    assert_eq!(headers["content-disposition"], format!("inline; filename=\"{digits}.pdf\""));
    let tag = headers["etag"].to_str().unwrap().to_owned();

    let (status, headers, body) = ask("GET", &[("if-none-match", &format!("\"x\", W/{tag}"))]);
    assert_eq!((status, body.len(), headers["etag"].to_str().unwrap()), (304, 0, &*tag));
    assert_eq!(ask("GET", &[("if-none-match", "\"x\"")]).0, 200);

    let end = whole.len() - 1;
    for (range, first, last) in [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, end),
        ("bytes=-7", end - 6, end),
        ("bytes=9-999999999", 9, end),
        ("bytes=-999999999", 0, end),
        ("bytes=9-99999999999999999999999", 9, end),
    ] {
        let (status, headers, body) = ask("GET", &[("range", range)]);
        assert_eq!((status, &*body), (206, &whole[first..=last]), "{range}");
        let of = format!("bytes {first}-{last}/{}", whole.len());
        assert_eq!(headers["content-range"], of);
    }
    for range in ["bytes=999999999-", "bytes=999999998-999999999", "bytes=-0"] {
        let (status, headers, _) = ask("GET", &[("range", range)]);
        assert_eq!(status, 416, "{range}");
        assert_eq!(headers["content-range"], format!("bytes */{}", whole.len()));
    }
    let (status, headers, _) = ask("HEAD", &[("range", "bytes=0-9")]);
    assert_eq!(
        (status, headers["content-length"].to_str().unwrap()),
        (200, &*whole.len().to_string())
    );
    for range in ["bytes=0-1,5-9", "bytes=0-5,3-8", "bytes=9-5", "lines=1-2", "bytes=x", "bytes=-"]
    {
        let (status, _, body) = ask("GET", &[("range", range)]);
        assert_eq!((status, body.len()), (200, whole.len()), "{range}");
    }
    let of_others = [("range", "bytes=0-9"), ("if-range", "\"x\"")];
    assert_eq!(ask("GET", &of_others).0, 200);
    assert_eq!(ask("GET", &[("range", "bytes=0-9"), ("if-range", &tag)]).0, 206);
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
    assert_refused(&server.client_with(token).query("E1"), 73109, "");
}
