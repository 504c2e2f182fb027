use super::*;
use crate::invoicing::samples::{app, content, merchant, request};
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_store_memory::MemoryStore;
use std::sync::Arc;

fn known() -> Versioned<InvoiceRequest> {
    Versioned { value: request("s1", Colour::Blue), version: 7 }
}

#[test]
fn a_new_try_writes_its_content_once_and_removes_the_old_one() {
    let app = app(Arc::new(MemoryStore::default()));
    let begins = |content_number| {
        let request = InvoiceRequest { content_number, ..known().value };
        Accepted::Begins { other: (), request, content: Box::new(content()) }
    };
    let key = |number| content_key(&merchant(), &known().value.serial, number);
    let first = decision(&app, begins(1), None).also;
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].expect, Expect::Absent);
    assert_eq!(first[1], record::save(key(1), Expect::Absent, &content()));

    let second = decision(&app, begins(2), Some(&known())).also;
    assert_eq!(second[0].expect, Expect::Version(7));
    assert_eq!(second[1], record::save(key(2), Expect::Absent, &content()));
    assert_eq!(second[2..], [record::removal(key(1), Expect::Any)]);
}

#[test]
fn a_silent_issuer_is_asked_again_for_the_same_content() {
    let app = app(Arc::new(MemoryStore::default()));
    let asks_again = Accepted::<()>::AsksAgain { request: known().value };
    let decision = decision(&app, asks_again, Some(&known()));
    let head = request_key(&merchant(), &known().value.serial);
    assert_eq!(decision.also, [record::save(head, Expect::Version(7), &known().value)]);
    assert_eq!(decision.jobs.len(), 1);
}
