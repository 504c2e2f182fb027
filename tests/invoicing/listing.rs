//! The operator's listing of invoice requests.

use kaipiao_tests::{
    ADMIN, Client, MERCHANT, OTHER_USER, TestServer, USER, assert_sucesss, wait_until,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a search may lag behind the commits.
const LAG: Duration = Duration::from_secs(5);

fn listing(query: &str) -> String {
    format!("invoices?appid={MERCHANT}&{query}")
}

/// The serials that a listing has, without the merchant's code.
fn serials(server: &TestServer, query: &str) -> Vec<String> {
    let invoices = server.all_pages(&listing(query), "invoices");
    let serial = |text: &str| text.strip_prefix("2ff836").unwrap().to_owned();
    invoices.iter().map(|invoice| serial(invoice["fpqqlsh"].as_str().unwrap())).collect()
}

/// A user's invoice of 159 yuan, or of 318 yuan for somebody else.
fn make_out(server: &TestServer, merchant: &Client<'_>, serial: &str, is_other: bool) {
    let user = if is_other { OTHER_USER } else { USER };
    let order_id = format!("order-{serial}");
    let link = merchant.auth_url(&order_id, 0);
    assert_eq!(server.answer(&link, user, "authorize", None).0, 200);
    let mut body = merchant.invoice(&order_id, serial);
    body["wxopenid"] = json!(server.openid(user, MERCHANT));
    if is_other {
        body["ghfmc"] = json!("某某有限公司");
        (body["jshj"], body["hjje"], body["hjse"]) = (json!("318"), json!("271.8"), json!("46.2"));
        let line = &mut body["invoicedetail_list"][0];
        (line["xmsl"], line["xmje"], line["se"]) = (json!("2"), json!("271.8"), json!("46.2"));
    }
    assert_sucesss(&merchant.make_out(&body));
    merchant.result(serial);
    server.advance_s(1);
}

#[test]
fn invoices_are_found_by_each_field_within_seconds() {
    let server = TestServer::start();
    let merchant = server.merchant();
    make_out(&server, &merchant, "A1", false);
    make_out(&server, &merchant, "A2", true);
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    make_out(&server, &merchant, "A3", false);
    server.fault(json!({"target": "issuer", "delay_ms": 86_400_000}));
    make_out_and_leave(&merchant, "A4");
    let detail = merchant.query("A1")["invoicedetail"].clone();
    let number =
        format!("number={}{}", detail["fpdm"].as_str().unwrap(), detail["fphm"].as_str().unwrap());
    let started = Instant::now();
    for (query, found) in [
        ("state=running", &["A4"][..]),
        ("state=failed", &["A3"]),
        ("state=issued", &["A2", "A1"]),
        ("order_id=order-A2", &["A2"]),
        ("user=lina", &["A2"]),
        ("user=zhangwei", &["A4", "A3", "A1"]),
        ("buyer=某某有限公司", &["A2"]),
        ("buyer=星期一", &["A4", "A3", "A1"]),
        (&number, &["A1"]),
        ("gross_fen=31800", &["A2"]),
        ("gross_fen=15900", &["A4", "A3", "A1"]),
        ("gross_fen=1", &[]),
    ] {
        wait_until(query, || serials(&server, query) == found);
    }
    assert!(started.elapsed() < LAG, "found after {:?}", started.elapsed());
    server.leaves_pushes();
}

#[test]
fn a_classic_invoice_is_found_by_its_number_alone() {
    let server = TestServer::start_embedded();
    let merchant = server.merchant();
    make_out(&server, &merchant, "A1", false);
    make_out(&server, &merchant, "A2", false);
    let detail = merchant.query("A1")["invoicedetail"].clone();
    let number = format!("number={}", detail["fphm"].as_str().unwrap());
    assert_eq!(detail["fphm"].as_str().map(str::len), Some(8), "{detail}");
    wait_until("it is found", || serials(&server, &number) == ["A1"]);
    server.leaves_pushes();
    // In a store of before they are found by code and number alone, until the migration.
    let before = |store: &rusqlite::Connection| {
        let undo = "DELETE FROM schema_migrations WHERE number = 8;
            DELETE FROM search WHERE field = 4 AND length(value) = 8;
            UPDATE invoice_requests SET fields = json_remove(fields, '$[#-1]');";
        store.execute_batch(undo).unwrap();
    };
    let server = server.restart_after(before, "");
    wait_until("it is found after the migration", || serials(&server, &number) == ["A1"]);
    let whole =
        format!("number={}{}", detail["fpdm"].as_str().unwrap(), &number["number=".len()..]);
    assert_eq!(serials(&server, &whole), ["A1"]);
}

/// An order of 0.11 yuan and its invoice over 159.00.
#[test]
fn the_difference_between_order_and_invoice_is_listed() {
    let server = TestServer::start();
    let merchant = server.merchant();
    make_out(&server, &merchant, "A1", false);
    for query in ["fpqqlsh=2ff836A1", ""] {
        let listed = server.admin("GET", &listing(query), &json!(null)).1["invoices"][0].clone();
        let shown = (&listed["jshj"], &listed["order_fen"], &listed["difference_fen"]);
        assert_eq!(shown, (&json!("159.00"), &json!(11), &json!(15_889)), "{listed}");
    }
    server.leaves_pushes();
}

/// The operator's table names one code, nothing names the other.
#[test]
fn a_code_without_a_short_name_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "10904,洗衣电器").unwrap();
    let server = TestServer::start_with(&format!("[render]\ncategories = {:?}", file.path()));
    let merchant = server.merchant();
    merchant.authorized("1");
    let mut body = merchant.invoice("1", "C1");
    let mut other = body["invoicedetail_list"][0].clone();
    other["spbm"] = json!("9990000000000000000");
    body["invoicedetail_list"].as_array_mut().unwrap().push(other);
    (body["jshj"], body["hjje"], body["hjse"]) = (json!("318"), json!("271.8"), json!("46.2"));
    assert_sucesss(&merchant.make_out(&body));
    let text = server.pdf_text(&merchant.result("C1")["invoicedetail"]);
    assert!(text.contains("*洗衣电器*洗衣机"), "{text}");
    let listed = server.admin("GET", &listing("fpqqlsh=2ff836C1"), &json!(null)).1;
    assert_eq!(listed["invoices"][0]["unnamed_codes"], json!(["9990000000000000000"]), "{listed}");
    server.leaves_pushes();
}

/// The PDF, the picture and the card of an invoice are what they were, whatever the table and other settings
/// say later.
#[test]
fn an_issued_invoice_keeps_its_short_names_when_the_table_changes() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = format!("[render]\ncategories = {:?}", file.path());
    std::fs::write(file.path(), "10904,洗衣电器").unwrap();
    let server = TestServer::start_with(&settings);
    let blue = server.merchant().issued("1", "C1");
    let picture = |detail: &Value| {
        detail["pdfurl"].as_str().unwrap().replace("/pdf/", "/svg/").replace(".pdf", ".svg")
    };
    let drawn = |server: &TestServer, detail: &Value| {
        let pdf = detail["pdfurl"].as_str().unwrap();
        [pdf.to_owned(), picture(detail)].map(|url| server.get_raw_bytes(&here(server, &url)))
    };
    let before = drawn(&server, &blue);

    std::fs::write(file.path(), "10904,家电").unwrap();
    let server = server.restart_with(&settings);
    assert!(drawn(&server, &blue) == before, "the documents have changed");
    let merchant = server.merchant();
    assert_sucesss(&merchant.offset(&merchant.offset_of(&blue, "C2")));
    let red = merchant.result("C2")["invoicedetail"].clone();
    let new = merchant.issued("3", "C3");
    for (detail, name) in
        [(&blue, "*洗衣电器*洗衣机"), (&red, "*洗衣电器*洗衣机"), (&new, "*家电*洗衣机")]
    {
        let url = here(&server, detail["pdfurl"].as_str().unwrap());
        let text = server.pdf_text(&json!({"pdfurl": url}));
        assert!(text.contains(name), "{name}: {text}");
        if detail != &red {
            let name_in_address = url.rsplit('/').next().unwrap();
            let card = format!("/me/cards/{}", name_in_address.trim_end_matches(".pdf"));
            let card = server.page("GET", &card, &[("cookie", &server.session(USER))], "");
            assert!(card.body().contains(name), "{name}: {}", card.body());
        }
    }
    // Without a table, under another tax machine, the seller moved, renamed and with another face.
    let seller = json!({"merchant": {
        "nsrmc": "改名商贸有限公司", "nsrdz": "上海", "nsrdh": "9", "nsrbank": "别的银行", "nsrbankid": "8",
        "face": "digital",
    }});
    let (status, answer) = server.put_account(MERCHANT, &seller, ADMIN);
    assert_eq!(status, 200, "{answer}");
    let server = server.restart_with("[issuing]\nmachine_number = \"661234567891\"");
    assert!(drawn(&server, &blue) == before, "the documents have changed");
}

/// An address of an earlier server, at this one.
fn here(server: &TestServer, url: &str) -> String {
    let path = url.split_once("/invoice/").unwrap().1;
    format!("{}/invoice/{path}", server.base)
}

/// A request that stays with the issuer.
fn make_out_and_leave(merchant: &Client<'_>, serial: &str) {
    let order_id = format!("order-{serial}");
    merchant.authorized(&order_id);
    assert_sucesss(&merchant.make_out(&merchant.invoice(&order_id, serial)));
}

#[test]
fn invoices_page_on_without_loss() {
    let server = TestServer::start();
    let merchant = server.merchant();
    for number in 1..=5 {
        make_out(&server, &merchant, &format!("B{number}"), false);
    }
    let newest_first = ["B5", "B4", "B3", "B2", "B1"];
    let by_serial: Vec<_> = newest_first.into_iter().rev().collect();
    let at = |serial: &str| {
        let found = server.all_pages(&listing(&format!("fpqqlsh=2ff836{serial}")), "invoices");
        found[0]["accepted_ms"].as_i64().unwrap()
    };
    let (from_ms, to_ms) = (at("B2"), at("B4"));
    for limit in 1..=6 {
        let page = |query: &str| serials(&server, &format!("limit={limit}&{query}"));
        assert_eq!(page(""), by_serial);
        assert_eq!(page("from_ms=0"), newest_first);
        assert_eq!(page(&format!("from_ms={from_ms}&to_ms={to_ms}")), newest_first[1..4]);
        for query in ["state=issued", "user=zhangwei", "buyer=星期一", "gross_fen=15900"] {
            wait_until(query, || page(query) == newest_first);
        }
    }
}

#[test]
fn an_invoice_that_was_offset_is_found_as_issued() {
    let server = TestServer::start();
    let merchant = server.merchant();
    let detail = merchant.issued("1", "C1");
    server.advance_s(1);
    assert_sucesss(&merchant.offset(&merchant.offset_of(&detail, "C2")));
    merchant.result("C2");
    wait_until("both are found", || serials(&server, "state=issued") == ["C2", "C1"]);
    let states = server.all_pages(&listing(""), "invoices");
    assert_eq!((&states[0]["state"], &states[1]["state"]), (&json!("offset"), &json!("issued")));
}

#[test]
fn a_listing_that_makes_no_sense_is_refused() {
    let server = TestServer::start();
    for (query, member) in [
        ("state=offset", "state"),
        ("user=lina&buyer=x", "buyer"),
        ("to_ms=5&number=1", "number"),
        ("user=lina&after=nowhere", "after"),
        ("limit=1001", "limit"),
    ] {
        let (status, answer) = server.admin("GET", &listing(query), &json!({}));
        let words = answer["error"].as_str().unwrap();
        assert!(status == 400 && words.contains(&format!("{member} ")), "{query}: {words}");
    }
}
