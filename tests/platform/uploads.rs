//! setpdf, getpdf, and the address that it answers.

use super::pdf::{showing, upload, upload_as, uploaded};
use kaipiao_tests::{MERCHANT, PLATFORM, TestServer, assert_refused};
use serde_json::{Value, json};

const GET_PDF: &str = "/card/invoice/platform/getpdf";

fn get_pdf(server: &TestServer, appid: &str, media_id: &str) -> Value {
    server.client(appid).post(GET_PDF, &json!({"action": "get_url", "s_media_id": media_id}))
}

#[test]
fn a_pdf_is_read_back_at_an_address_that_ends_after_two_hours() {
    let server = TestServer::start();
    let pdf = showing("hello");
    let media_id = uploaded(&server.client(PLATFORM), &pdf);
    assert!(media_id.len() == 16 && media_id.bytes().all(|b| b.is_ascii_digit()), "{media_id}");
    let answer = get_pdf(&server, PLATFORM, &media_id);
    assert_eq!((&answer["errcode"], &answer["pdf_url_expire_time"]), (&json!(0), &json!(7200)));
    let path = server.path_of(answer["pdf_url"].as_str().unwrap());
    let (status, headers, bytes) = server.bytes("GET", &path, &[]);
    assert_eq!((status, bytes), (200, pdf.clone()));
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-disposition"), format!("inline; filename=\"{media_id}.pdf\""));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "private, no-cache");
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    let (status, _, part) = server.bytes("GET", &path, &[("range", "bytes=0-4")]);
    assert_eq!((status, &*part), (206, &pdf[..5]));
    for wrong in [&path[..path.len() - 1], "/invoice/media/x.y", "/invoice/media/%ff"] {
        assert_eq!(server.bytes("GET", wrong, &[]).0, 404, "{wrong}");
    }
    server.advance_s(7199);
    assert_eq!(server.bytes("GET", &path, &[]).0, 200);
    server.advance_s(1);
    assert_eq!(server.bytes("GET", &path, &[]).0, 404);
    let again = get_pdf(&server, PLATFORM, &media_id);
    let path = server.path_of(again["pdf_url"].as_str().unwrap());
    assert_eq!(server.bytes("GET", &path, &[]).0, 200);
}

#[test]
fn the_action_may_stand_in_the_query_and_what_is_missing_is_named() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    let media_id = uploaded(&client, &showing("x"));
    let in_query = format!("{GET_PDF}?access_token={}&action=get_url", client.token);
    assert_eq!(server.post(&in_query, &json!({"s_media_id": media_id}))["errcode"], json!(0));
    let no_action = client.post(GET_PDF, &json!({"s_media_id": media_id}));
    assert_refused(&no_action, 72031, "action is empty, it is get_url");
    let no_name = client.post(GET_PDF, &json!({"action": "get_url"}));
    assert_refused(&no_name, 72031, "s_media_id is empty");
    for unknown in ["1", "3015806758683707", "x", "0", "中"] {
        assert_refused(&get_pdf(&server, PLATFORM, unknown), 40007, "is no PDF that this account");
    }
}

#[test]
fn a_pdf_is_its_accounts_alone_and_needs_the_permission() {
    let server = TestServer::start();
    let media_id = uploaded(&server.client(PLATFORM), &showing("x"));
    for answer in [get_pdf(&server, MERCHANT, &media_id), upload(&server.client(MERCHANT), b"%PDF")]
    {
        assert_refused(&answer, 72015, "platform_api");
    }
    let (status, answer) =
        server.admin("PUT", &format!("accounts/{MERCHANT}"), &json!({"platform_api": true}));
    assert_eq!(status, 200, "{answer}");
    assert_refused(&get_pdf(&server, MERCHANT, &media_id), 40007, "this account");
    uploaded(&server.client(MERCHANT), &showing("x"));
    let no_token = server.post_raw("/card/invoice/platform/setpdf", None, "x");
    assert!(no_token.body().contains("41001"), "{}", no_token.body());
}

#[test]
fn a_file_in_another_field_is_taken_and_a_body_without_one_is_not() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    let other = upload_as(&client, "name=\"media\"; filename=\"invoice.pdf\"", &showing("x"));
    assert_eq!(other["errcode"], json!(0), "{other}");
    let no_file = upload_as(&client, "name=\"media\"", &showing("x"));
    assert_refused(&no_file, 47001, "send the PDF in the field pdf");
    let set_pdf = "/card/invoice/platform/setpdf";
    let plain = client.post_bytes(set_pdf, "application/pdf", &showing("x"));
    assert_refused(&plain, 47001, "must be multipart/form-data");
    let json = client.post(set_pdf, &json!({}));
    assert_refused(&json, 47001, "must be multipart/form-data");
}

/// What a server issues itself is read like any other's: code and number stand on its face.
#[test]
fn code_and_number_are_found_on_an_invoices_face() {
    let server = TestServer::start_embedded();
    let detail = server.merchant().issued("o-1", "S1");
    let pdf = server.get_raw_bytes(detail["pdfurl"].as_str().unwrap());
    let media_id = uploaded(&server.client(PLATFORM), &pdf);
    let numbers = stored_numbers(&server, &media_id);
    for digits in [&detail["fpdm"], &detail["fphm"]] {
        let digits = digits.as_str().unwrap();
        assert!(numbers.iter().any(|one| one == digits), "{digits}: {numbers:?}");
    }
}

/// The digits that a PDF's record keeps, in the embedded store.
fn stored_numbers(server: &TestServer, media_id: &str) -> Vec<String> {
    let path = server.data().join("data").join(kaipiao_store_sqlite::FILE_NAME);
    let store = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT body FROM platform_pdfs WHERE id = ?1";
    let body: String = store.query_row(sql, [media_id], |row| row.get(0)).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    serde_json::from_value(body["numbers"].clone()).unwrap()
}
