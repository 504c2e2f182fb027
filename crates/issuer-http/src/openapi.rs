//! Whether docs/issuer.openapi.json names what is written and read here.

use crate::answer::Answer;
use crate::question::{for_document, for_invoice, for_status};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_document::{DocumentKind, InvoiceDocument};
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, RequestState};
use kaipiao_domain::invoicing::line::{Line, LineNature, Untaxed};
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::{Fen, decimal};
use kaipiao_domain::people::user::UserId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/issuer.openapi.json")).unwrap()
}

/// The schema that a reference leads to, or that stands there itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => document.pointer(path.trim_start_matches('#')).expect(path),
        None => schema,
    }
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// The value has no member that the schema does not name, and all that it requires; a full one has all.
fn assert_fits(document: &Value, schema: &Value, value: &Value, is_full: bool) {
    let schema = resolved(document, schema);
    match (schema["type"].as_str().unwrap(), value) {
        ("object", Value::Object(members)) => {
            let (known, has) = (names(&schema["properties"]), names(value));
            assert!(has.is_superset(&required(schema)), "{value}");
            assert!(
                if is_full { has == known } else { has.is_subset(&known) },
                "{value}: {known:?}"
            );
            for (name, member) in members {
                assert_fits(document, &schema["properties"][name], member, is_full);
            }
        }
        ("array", Value::Array(entries)) => {
            entries
                .iter()
                .for_each(|entry| assert_fits(document, &schema["items"], entry, is_full));
        }
        ("string", Value::String(text)) => {
            let allowed = schema["enum"].as_array();
            assert!(allowed.is_none_or(|allowed| allowed.contains(value)), "{text}");
        }
        ("boolean", Value::Bool(_)) | ("integer", Value::Number(_)) => {}
        (expected, other) => panic!("{other} is no {expected}"),
    }
}

fn question_schema<'a>(document: &'a Value, action: &str) -> &'a Value {
    let post = &document["paths"][format!("/{action}")]["post"];
    &post["requestBody"]["content"]["application/json"]["schema"]
}

fn request(colour: Colour) -> InvoiceRequest {
    InvoiceRequest {
        merchant: AppId::parse("wx6b61697069616f31").unwrap(),
        serial: Serial::parse("2ff836A1").unwrap(),
        order_id: OrderId::parse("1").unwrap(),
        asked_by: AppId::parse("wx6b61697069616f31").unwrap(),
        user: UserId::parse("lina").unwrap(),
        paid_as: Vec::new(),
        colour,
        face: Face::Digital,
        content_number: 1,
        summary: content(vec![]).summary(),
        accepted_at: Timestamp::from_unix_millis(0),
        state: RequestState::Running { since: Timestamp::from_unix_millis(0) },
    }
}

fn content(lines: Vec<Line>) -> Content {
    Content {
        seller: Party { name: "s".into(), ..Party::default() },
        buyer: Party { name: "b".into(), ..Party::default() },
        drawer: "d".into(),
        payee: String::new(),
        reviewer: String::new(),
        gross: Fen::new(-15_900),
        net: Fen::new(-15_900),
        tax: Fen::ZERO,
        remark: String::new(),
        lines,
    }
}

/// A line with every member, and one with as few as there can be.
fn lines() -> [Line; 2] {
    let full = Line {
        nature: LineNature::Discounted,
        tax_code: "1090418010000000000".into(),
        category: Some("家用清洁电器具".into()),
        name: "洗衣机".into(),
        unit: "台".into(),
        model: "60L".into(),
        quantity: decimal("-1"),
        unit_price: decimal("159"),
        net: Fen::new(-15_900),
        rate: decimal("0").unwrap(),
        untaxed: Some(Untaxed::Exempt),
        tax: Fen::ZERO,
    };
    let bare = Line {
        nature: LineNature::Discount,
        category: None,
        quantity: None,
        unit_price: None,
        untaxed: None,
        rate: decimal("0.13").unwrap(),
        tax: Fen::new(13),
        ..full.clone()
    };
    [full, bare]
}

/// An invoice that was issued to one version's question is known again by the next version's.
#[test]
fn the_digest_of_a_content_stays_and_leaves_out_this_servers_short_names() {
    let digest =
        |lines: &[Line]| for_invoice(&request(Colour::Blue), &content(lines.to_vec()), true).1;
    let mut lines = lines();
    let with = digest(&lines);
    assert_eq!(with, "a41c6fa8fc2623ba1e681699e142f401b52e6e85688ae7484777e3466d3ff3ca");
    lines[0].category = Some("another table's".into());
    assert_eq!(digest(&lines), with);
    lines[0].name = "冰箱".into();
    assert_ne!(digest(&lines), with);
}

#[test]
fn the_document_names_every_member_of_the_questions() {
    let document = document();
    let blue = Serial::parse("2ff836A0").unwrap();
    let [full, bare] = lines();
    for (colour, action) in [(Colour::Blue, "issue"), (Colour::Red { blue }, "offset")] {
        for (line, is_full) in [(&full, true), (&bare, false)] {
            let content = content(vec![line.clone()]);
            let (question, _) = for_invoice(&request(colour.clone()), &content, true);
            assert_eq!(question.action, action);
            let body = serde_json::from_slice(&question.body).unwrap();
            assert_fits(&document, question_schema(&document, action), &body, is_full);
        }
    }
    let status = for_status("wx6b61697069616f31", "2ff836A1");
    let body = serde_json::from_slice(&status.body).unwrap();
    assert_fits(&document, question_schema(&document, status.action), &body, true);
    for kind in DocumentKind::ALL {
        let question = for_document(&request(Colour::Blue), kind);
        let body = serde_json::from_slice(&question.body).unwrap();
        assert_fits(&document, question_schema(&document, question.action), &body, true);
    }
    let actions = BTreeSet::from(["/issue", "/offset", "/status", "/document"]);
    assert_eq!(names(&document["paths"]), actions);
}

#[test]
fn the_document_names_the_kinds_of_documents_and_how_long_one_is() {
    let document = document();
    let kinds = DocumentKind::ALL.map(DocumentKind::name);
    let question = question_schema(&document, "document");
    assert_eq!(resolved(&document, question)["properties"]["kind"]["enum"], json!(kinds));
    let named = &document["components"]["schemas"]["Issued"]["properties"]["documents"];
    assert_eq!(names(&named["properties"]), BTreeSet::from(kinds));
    let answer = &document["paths"]["/document"]["post"]["responses"]["200"]["content"];
    let schema = &answer["application/octet-stream"]["schema"];
    assert_eq!(schema["maxLength"], InvoiceDocument::MOST_BYTES);
}

#[test]
fn the_documents_answers_are_read_and_each_needs_what_it_requires() {
    let document = document();
    let answers = &document["paths"]["/status"]["post"]["responses"]["200"];
    let answers = &answers["content"]["application/json"]["schema"]["oneOf"];
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 4);
    for answer in answers {
        let schema = resolved(&document, answer);
        let example = &schema["examples"][0];
        assert_fits(&document, schema, example, true);
        assert_eq!(schema["properties"]["result"]["const"], example["result"]);
        for name in names(example) {
            let mut without = example.clone();
            without.as_object_mut().unwrap().remove(name);
            let read = Answer::read(without.to_string().as_bytes());
            assert_eq!(read.is_err(), required(schema).contains(name), "{name}: {read:?}");
        }
    }
    let unnamed = json!({"result": "issued", "surprise": 1});
    let fits =
        || assert_fits(&document, &document["components"]["schemas"]["Issued"], &unnamed, false);
    assert!(std::panic::catch_unwind(fits).is_err(), "what the document does not name is noticed");
}
