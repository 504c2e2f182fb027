//! Documents that an invoice brings from an issuer of the operator's own (docs/issuer.md).

use super::outside_issuer::{
    SECRET, action, answered, assert_holds, body, hex, issued, now, secret_file, server,
    settings_of, signed_bytes,
};
use crate::platform::collector::{files, make_old};
use kaipiao_tests::{
    Received, Receiver, Reply, TestServer, USER, assert_refused, assert_sucesss, let_pass,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The longest document that is taken, in bytes.
const MOST_BYTES: usize = 2 << 20;

/// A document as an issuer might have it: nothing that this server would draw.
fn document(kind: &str, serial: &str) -> Vec<u8> {
    let begins = match kind {
        "pdf" => &b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 signed elsewhere "[..],
        "ofd" => b"PK\x03\x04\x00\xff OFD ",
        _ => b"<?xml version=\"1.0\"?><EInvoice/><!-- ",
    };
    [begins, serial.as_bytes(), b" \x00\xfe\xff"].concat()
}

fn serial(asked: &Received) -> String {
    body(asked)["serial"].as_str().unwrap().to_owned()
}

/// The question for a document: its bytes, signed.
fn given(asked: &Received) -> Reply {
    let kind = body(asked)["kind"].as_str().unwrap().to_owned();
    signed_bytes(SECRET, now(), asked, &document(&kind, &serial(asked)))
}

/// The answer to an invoice's question, with its documents of these kinds.
fn issued_with(asked: &Received, number: usize, kinds: &[&str]) -> Value {
    let digest = |kind: &str| hex(&Sha256::digest(document(kind, &serial(asked))));
    let documents = kinds.iter().map(|kind| ((*kind).to_owned(), json!(digest(kind))));
    let mut answer = issued(asked, number);
    answer["documents"] = Value::Object(documents.collect());
    answer
}

/// The number of which a serial speaks: 2ff836D7 is the seventh's.
fn nth(asked: &Received) -> usize {
    let serial = serial(asked);
    let digits: String = serial[6..].chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The path of an invoice's document of this kind.
fn path(detail: &Value, kind: &str) -> String {
    let (_, name) = detail["pdfurl"].as_str().unwrap().split_once("/invoice/pdf/").unwrap();
    format!("/invoice/{kind}/{name}")
}

fn folder(server: &TestServer) -> PathBuf {
    server.data().join("data/files")
}

/// How many documents of invoices lie there.
fn kept(server: &TestServer) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files(&folder(server)).into_iter().map(name).collect();
    names.retain(|name| name.starts_with("invoice-"));
    names.sort();
    names
}

fn assert_serves(server: &TestServer, detail: &Value, serial: &str, kinds: &[(&str, &str, &str)]) {
    for (kind, content_type, disposition) in kinds {
        let (status, headers, bytes) = server.bytes("GET", &path(detail, kind), &[]);
        assert_eq!((status, &bytes), (200, &document(kind, serial)), "{kind} of {serial}");
        assert_eq!(headers["content-type"], *content_type);
        let name = format!(
            "{disposition}; filename=\"{}{}.{kind}\"",
            detail["fpdm"].as_str().unwrap(),
            detail["fphm"].as_str().unwrap()
        );
        assert_eq!(headers["content-disposition"], name);
    }
}

const PDF: (&str, &str, &str) = ("pdf", "application/pdf", "inline");
const OFD: (&str, &str, &str) = ("ofd", "application/ofd", "attachment");
const XML: (&str, &str, &str) = ("xml", "application/xml", "attachment");

#[test]
fn an_invoice_brings_documents_that_are_served_byte_for_byte() {
    let issuer = Receiver::behaving(|_, asked| match action(asked) {
        "issue" if serial(asked).ends_with('2') => {
            answered(asked, &issued_with(asked, 3, &["xml"]))
        }
        "issue" => answered(asked, &issued_with(asked, 1, &["pdf", "ofd", "xml"])),
        "offset" => answered(asked, &issued_with(asked, 2, &["pdf", "ofd"])),
        _ => given(asked),
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let blue = client.issued("1", "D1");
    assert_serves(&server, &blue, "2ff836D1", &[PDF, OFD, XML]);
    let asked: Vec<Received> = std::iter::repeat_with(|| issuer.next()).take(4).collect();
    let kinds: Vec<_> =
        asked.iter().map(|asked| (action(asked), body(asked)["kind"].clone())).collect();
    let expected = [
        ("issue", Value::Null),
        ("document", json!("ofd")),
        ("document", json!("pdf")),
        ("document", json!("xml")),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(body(&asked[1])["merchant"], body(&asked[0])["merchant"]);
    // A part, and what is not drawn.
    let pdf = path(&blue, "pdf");
    let part = server.bytes("GET", &pdf, &[("range", "bytes=1-4")]);
    assert_eq!((part.0, &part.2[..]), (206, &b"PDF-"[..]));
    assert_eq!(server.bytes("GET", &path(&blue, "svg"), &[]).0, 404);

    assert_sucesss(&client.offset(&client.offset_of(&blue, "D1r")));
    let red = client.result("D1r")["invoicedetail"].clone();
    assert_serves(&server, &red, "2ff836D1r", &[PDF, OFD]);
    assert_eq!(server.bytes("GET", &path(&red, "xml"), &[]).0, 404);
    let drawn = client.issued("2", "D2");
    assert!(server.pdf_text(&drawn).contains("SPECIMEN"), "without a PDF it is drawn");
    assert_eq!(server.bytes("GET", &path(&drawn, "svg"), &[]).0, 200);
    assert_serves(&server, &drawn, "2ff836D2", &[XML]);
    assert_eq!(server.bytes("GET", &path(&drawn, "ofd"), &[]).0, 404);

    let page = |detail: &Value| {
        let name = path(detail, "pdf").replace("/invoice/pdf/", "/me/cards/");
        let headers = [("cookie", &*server.session(USER)), ("accept-language", "en")];
        server.page("GET", &name, &headers, "").into_body()
    };
    let card = page(&blue);
    for (detail, kind) in
        [(&blue, "pdf"), (&blue, "ofd"), (&blue, "xml"), (&red, "pdf"), (&red, "ofd")]
    {
        let link = format!("href=\"{}\"", path(detail, kind));
        assert!(card.contains(&link), "{link}: {card}");
    }
    assert!(!card.contains("<img") && card.matches("/invoice/xml/").count() == 1, "{card}");
    let card = page(&drawn);
    assert!(card.contains("<img") && card.contains("/invoice/xml/"), "{card}");
    assert!(!card.contains("/invoice/ofd/"), "{card}");

    assert_eq!(kept(&server).len(), 6);
    assert_holds(&server);
    // From the disk, by another process; and for ever.
    let server = server.restart_with("");
    for name in kept(&server) {
        make_old(&folder(&server), &name, Duration::from_secs(10 * 86_400));
    }
    server.advance_s(40 * 86_400);
    let_pass(Duration::from_millis(300));
    assert_eq!(kept(&server).len(), 6);
    assert_serves(&server, &blue, "2ff836D1", &[PDF, OFD, XML]);
    assert_serves(&server, &red, "2ff836D1r", &[PDF, OFD]);
}

#[test]
fn a_document_that_cannot_be_had_or_taken_loses_no_invoice() {
    type Behaviour = fn(&Received) -> Reply;
    let failures: [(Behaviour, i32, &str); 12] = [
        (|_| Reply::Status(503, "busy".to_owned()), 73105, ""),
        (|_| Reply::Close, 73105, ""),
        (|_| Reply::Hang, 73105, ""),
        (|_| Reply::Status(404, String::new()), 73105, ""),
        (|_| Reply::Status(403, String::new()), 73102, "status 403"),
        (|asked| Reply::Status(200, serial(asked)), 73102, "kaipiao-timestamp"),
        (
            |asked| {
                let secret = "x".repeat(32);
                signed_bytes(&secret, now(), asked, &document("pdf", &serial(asked)))
            },
            73102,
            "signature is wrong",
        ),
        (
            |asked| signed_bytes(SECRET, now() - 310, asked, &document("pdf", &serial(asked))),
            73102,
            "310 s from",
        ),
        (
            |asked| signed_bytes(SECRET, now(), asked, b"%PDF-1.7 of another"),
            73102,
            "pdf of the invoice was not taken: what it sent has another SHA-256",
        ),
        (
            |asked| signed_bytes(SECRET, now(), asked, &vec![b'%'; MOST_BYTES + 1]),
            73102,
            "more than 2097152 bytes",
        ),
        // These two name their documents wrongly, below.
        (
            |asked| signed_bytes(SECRET, now(), asked, b"<html>"),
            73102,
            "begin as a file of the kind pdf",
        ),
        (given, 73102, "documents are pdf, ofd and xml"),
    ];
    let count = failures.len();
    let behaviours: Vec<Behaviour> = failures.iter().map(|(behave, ..)| *behave).collect();
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let issuer = Receiver::behaving(move |_, asked| {
        let (which, is_mended) = (nth(asked), mended.load(Ordering::SeqCst));
        if action(asked) == "document" {
            // The document that comes first is always there.
            let is_well = is_mended || body(asked)["kind"] == "ofd";
            return if is_well { given(asked) } else { behaviours[which](asked) };
        }
        let mut answer = issued_with(asked, which + 1, &["ofd", "pdf"]);
        match which {
            10 if !is_mended => {
                answer["documents"]["pdf"] = json!(hex(&Sha256::digest(b"<html>")));
            }
            11 if !is_mended => answer["documents"] = json!({"PDF": "00".repeat(32)}),
            _ => {}
        }
        answered(asked, &answer)
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let ask =
        |which: usize| client.make_out(&client.invoice(&which.to_string(), &format!("D{which}")));
    for which in 0..count {
        client.authorized(&which.to_string());
        assert_sucesss(&ask(which));
    }
    for (which, (_, code, words)) in failures.iter().enumerate() {
        assert_refused(&client.result(&format!("D{which}")), *code, words);
    }
    // An invoice that is known to exist, and may still come, is not rejected behind its back.
    assert_refused(&client.reject("0"), 72036, "");
    assert_eq!(kept(&server), [""; 0], "what was fetched in vain is removed at once");
    is_mended.store(true, Ordering::SeqCst);
    for (which, (_, code, _)) in failures.iter().enumerate() {
        // Of a silent issuer the repeated request is answered so, and asks again (D-60).
        match code {
            73105 => assert_refused(&ask(which), 73105, ""),
            _ => assert_sucesss(&ask(which)),
        }
        let found = client.result(&format!("D{which}"));
        let (detail, number) = (&found["invoicedetail"], format!("{:08}", which + 1));
        assert_eq!((&found["errcode"], &detail["fphm"]), (&json!(0), &json!(number)));
        assert_serves(&server, detail, &format!("2ff836D{which}"), &[PDF, OFD]);
    }
    assert_eq!(kept(&server).len(), 2 * count);
    assert_holds(&server);
}

#[test]
fn a_document_of_two_mebibytes_is_taken() {
    let mut whole = document("pdf", "whole");
    whole.resize(MOST_BYTES, b'x');
    let bytes = whole.clone();
    let issuer = Receiver::behaving(move |_, asked| match action(asked) {
        "document" => signed_bytes(SECRET, now(), asked, &bytes),
        _ => {
            let mut answer = issued(asked, 1);
            answer["documents"] = json!({"pdf": hex(&Sha256::digest(&bytes))});
            answered(asked, &answer)
        }
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let detail = server.merchant().issued("1", "D1");
    assert_eq!(server.get_raw_bytes(detail["pdfurl"].as_str().unwrap()), whole);
}

/// What the disk has no room for is not yet there, for as long as the issuer's own silence would be waited for.
#[test]
fn a_full_disk_ends_in_time_and_the_same_request_works_once_there_is_room() {
    let issuer = Receiver::behaving(|_, asked| match action(asked) {
        "document" => given(asked),
        _ => answered(asked, &issued_with(asked, 1, &["pdf"])),
    });
    let secret = secret_file(SECRET);
    let settings = settings_of(&issuer, &secret);
    let full = format!("{settings}\n[files]\nleast_free_bytes = 1152921504606846976");
    let server = TestServer::start_with(&full);
    let client = server.merchant();
    client.authorized("1");
    let request = client.invoice("1", "D1");
    let begun = Instant::now();
    assert_sucesss(&client.make_out(&request));
    assert_refused(&client.result("D1"), 73105, "");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "{took:?} of three seconds");
    assert_eq!(kept(&server), [""; 0]);
    let server = server.restart_with(&settings);
    let client = server.merchant();
    assert_refused(&client.make_out(&request), 73105, "");
    let found = client.result("D1");
    assert_eq!(found["errcode"], json!(0), "{found}");
    assert_serves(&server, &found["invoicedetail"], "2ff836D1", &[PDF]);
    assert_holds(&server);
}

/// The number is another invoice's, which is known only when the answer is recorded: the document is there by then.
#[test]
fn documents_of_an_invoice_that_is_not_taken_are_collected() {
    let issuer = Receiver::behaving(|_, asked| match action(asked) {
        "document" => given(asked),
        _ => answered(asked, &issued_with(asked, 1, &["pdf"])),
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let first = client.issued("1", "D1");
    let of_first = kept(&server);
    client.authorized("2");
    assert_sucesss(&client.make_out(&client.invoice("2", "D2")));
    assert_refused(&client.result("D2"), 73102, "which another invoice has");
    assert_eq!((of_first.len(), kept(&server).len()), (1, 2));
    for name in kept(&server) {
        make_old(&folder(&server), &name, Duration::from_secs(3601));
    }
    // Maintenance looks at once.
    server.advance_s(1);
    server.wait_until("the second has gone", || kept(&server) == of_first);
    assert_serves(&server, &first, "2ff836D1", &[PDF]);
}
