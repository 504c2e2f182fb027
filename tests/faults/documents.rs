//! Faults of documents: those that an outside issuer gives, and those that this server serves.

use super::{planned, sent};
use crate::invoicing::outside_issuer::{
    SECRET, action, answered, body, hex, issued, now, secret_file, server, signed_bytes,
};
use kaipiao_tests::{Receiver, TestServer, assert_refused, assert_sucesss};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

const DOCUMENT: &[u8] = b"%PDF-1.7\n signed elsewhere";

/// The faults of documents that were played: what was wrong, and with which document.
fn played(server: &TestServer) -> Vec<(Value, String)> {
    let listed = server.get_json("/sandbox/v1/faults");
    let played = listed["played"].as_array().unwrap().iter();
    let told = |one: &Value| {
        let mut fault = one.clone();
        for name in ["id", "at_ms", "appid", "to", "target"] {
            fault.as_object_mut().unwrap().remove(name);
        }
        (fault, one["to"].as_str().unwrap().to_owned())
    };
    played.map(told).collect()
}

#[test]
fn faults_make_an_outside_issuers_documents_missing_wrong_or_slow() {
    let issuer = Receiver::behaving(|count, asked| match action(asked) {
        "document" => signed_bytes(SECRET, now(), asked, DOCUMENT),
        _ => {
            let mut answer = issued(asked, count + 1);
            answer["documents"] = json!({"pdf": hex(&Sha256::digest(DOCUMENT))});
            answered(asked, &answer)
        }
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let document = |detail: &Value| server.get_raw_bytes(detail["pdfurl"].as_str().unwrap());

    planned(&server, json!({"target": "document", "missing": true}));
    let detail = client.issued("1", "D1");
    assert_eq!(document(&detail), DOCUMENT, "asked for again, it is there");
    let asked: Vec<_> = issuer.received().iter().map(|asked| action(asked).to_owned()).collect();
    assert_eq!(asked, ["issue", "issue", "document"], "the fault asked the issuer for nothing");
    assert_eq!(body(&issuer.received()[2])["kind"], "pdf");

    planned(&server, json!({"target": "document", "wrong": true}));
    client.authorized("2");
    assert_sucesss(&client.make_out(&client.invoice("2", "D2")));
    assert_refused(&client.result("D2"), 73102, "pdf is not the one that it named");

    planned(&server, json!({"target": "document", "delay_ms": 300}));
    let begun = Instant::now();
    let detail = client.issued("3", "D3");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(document(&detail), DOCUMENT);

    let expected = [
        (json!({"missing": true}), "pdf of 2ff836D1".to_owned()),
        (json!({"wrong": true}), "pdf of 2ff836D2".to_owned()),
        (json!({"delay_ms": 300}), "pdf of 2ff836D3".to_owned()),
    ];
    assert_eq!(played(&server), expected);
}

#[test]
fn faults_lose_a_document_on_its_way_and_serve_it_late() {
    let server = TestServer::start();
    let detail = server.merchant().issued("1", "D1");
    let target = "/invoice/pdf/{name}";
    let url = detail["pdfurl"].as_str().unwrap();
    let path = url.strip_prefix(&server.base).expect("the server's own address");
    for drop in ["before", "after"] {
        planned(&server, json!({"target": target, "drop": drop}));
        assert_eq!(sent(&server.base, "GET", path, ""), "", "{drop}");
    }
    planned(&server, json!({"target": target, "delay_ms": 300}));
    let begun = Instant::now();
    assert!(server.get_raw_bytes(url).starts_with(b"%PDF-"));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert!(sent(&server.base, "GET", path, "").starts_with("HTTP/1.1 200"), "no fault is left");
    let expected = [json!({"drop": "before"}), json!({"drop": "after"}), json!({"delay_ms": 300})];
    assert_eq!(played(&server), expected.map(|fault| (fault, target.to_owned())));
}
