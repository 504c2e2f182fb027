//! How to break the invariants of orders and invoices.

use super::broken::{Break, Broken};
use kaipiao_app::check::Invariant;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::{JobChange, JobId, JobQuery, Jobs};
use kaipiao_ports::record::{Key, Kind};
use kaipiao_tests::{MERCHANT, PLATFORM};
use serde_json::json;

/// Each way, once.
pub const BREAKS: &[Break] = &[
    (
        Invariant::Readable,
        |store| store.put(store.find(Kind::User, &["lina"]).0, Some("no JSON".into())),
        "users",
        "expected",
    ),
    (
        Invariant::Readable,
        |store| store.change(Kind::Order, &["B1"], "/source", json!("elsewhere")),
        "orders",
        "source holds an unknown value",
    ),
    (
        Invariant::Key,
        |store| store.copy_to(Kind::NumberRange, &["\"issued\""], "classic/elsewhere"),
        "number_ranges",
        "another key",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/used_by", json!("gone")),
        "orders",
        "is used by gone, which is not there",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/used_by", json!("2ff836D1")),
        "orders",
        "for another order",
    ),
    (
        Invariant::OrderRequest,
        |store| store.change(Kind::Order, &["B1"], "/state/authorized/user", json!("lina")),
        "orders",
        "lina authorized it",
    ),
    (
        Invariant::OrderRequest,
        |store| store.remove(Kind::Order, &["B1"]),
        "invoice_requests",
        "its order 2 is not there",
    ),
    (
        Invariant::OrderRequest,
        |store| {
            let running = json!({"running": {"since_ms": 1}});
            store.change(Kind::InvoiceRequest, &["2ff836C1"], "/state", running);
        },
        "orders",
        "it is rejected, and yet",
    ),
    (
        Invariant::Content,
        |store| store.remove(Kind::InvoiceContent, &["2ff836B1"]),
        "invoice_requests",
        "its content 1 is not there",
    ),
    (
        Invariant::Content,
        |store| {
            store.change(Kind::InvoiceRequest, &["2ff836B1"], "/summary/buyer_name", json!("x"))
        },
        "invoice_requests",
        "something else than its head",
    ),
    (
        Invariant::ContentOrphan,
        |store| store.copy_to(Kind::InvoiceContent, &["2ff836B1"], "2ff836B1/7"),
        "invoice_contents",
        "its request has content 1",
    ),
    (
        Invariant::ContentOrphan,
        |store| store.copy_to(Kind::InvoiceContent, &["2ff836B1"], "gone/1"),
        "invoice_contents",
        "its request is not there",
    ),
    (
        Invariant::Totals,
        |store| store.change(Kind::InvoiceContent, &["2ff836B1"], "/lines/0/net_fen", json!(1)),
        "invoice_contents",
        "its net total is 135.90, and 0.01 by its parts",
    ),
    (
        Invariant::Totals,
        |store| store.change(Kind::InvoiceContent, &["2ff836A1r"], "/gross_fen", json!(-1)),
        "invoice_contents",
        "its gross total is -0.01",
    ),
    (
        Invariant::Number,
        |store| store.remove(Kind::InvoiceNumber, &["2ff836B1"]),
        "invoice_requests",
        "is not recorded",
    ),
    (
        Invariant::Number,
        |store| {
            let (_, a1) = store.find(Kind::InvoiceRequest, &["2ff836A1 "]);
            let number = a1["state"]["issued"]["number"].clone();
            store.change(Kind::InvoiceRequest, &["2ff836B1"], "/state/issued/number", number);
        },
        "invoice_requests",
        "is 2ff836A1's",
    ),
    (
        Invariant::NumberOrphan,
        |store| store.change(Kind::InvoiceNumber, &["2ff836B1"], "/serial", json!("gone")),
        "invoice_numbers",
        "its request gone is not there",
    ),
    (
        Invariant::NumberOrphan,
        |store| store.change(Kind::InvoiceNumber, &["2ff836B1"], "/serial", json!("2ff836D1")),
        "invoice_numbers",
        "2ff836D1 is not issued",
    ),
    (
        Invariant::NumberRange,
        |store| store.remove(Kind::NumberRange, &["main"]),
        "invoice_numbers",
        "it lies in no range",
    ),
    (
        Invariant::NumberRange,
        |store| store.change(Kind::NumberRange, &["main"], "/next", json!(1)),
        "invoice_numbers",
        "has given out numbers below 1 only",
    ),
    (
        Invariant::Allotment,
        |store| store.change(Kind::NumberCode, &[MERCHANT, "first"], "/merchant", json!(PLATFORM)),
        "number_ranges",
        "not allotted to its merchant",
    ),
    (
        Invariant::Allotment,
        |store| store.remove(Kind::NumberRange, &["main"]),
        "number_codes",
        "has no range",
    ),
    (
        Invariant::Key,
        |store| store.copy_to(Kind::NumberCode, &[MERCHANT, "first"], "000000000000002"),
        "number_codes",
        "another key",
    ),
    (
        Invariant::Allotment,
        |store| {
            let (key, mut body) = store.find(Kind::NumberCode, &[MERCHANT, "first"]);
            body["first"] = json!(2);
            let key = Key { id: "000000000000002".into(), ..key };
            store.put(key, Some(body.to_string()));
        },
        "number_codes",
        "it shares numbers with 1 to",
    ),
    (
        Invariant::Allotment,
        |store| store.change(Kind::NumberCode, &["highest"], "/highest", json!(3)),
        "number_codes",
        "allotted up to 3 only",
    ),
    (
        Invariant::Blocks,
        |store| store.change(Kind::NumberRange, &["main"], "/issued", json!(77)),
        "number_ranges",
        "it counts 77 invoices of its closed blocks",
    ),
    (
        Invariant::Blocks,
        |store| store.change(Kind::NumberRange, &["main"], "/blocks/0/last", json!(99)),
        "number_ranges",
        "lies outside or on another one",
    ),
    (
        Invariant::Gap,
        |store| {
            let (number, body) = store.find(Kind::InvoiceNumber, &["2ff836B1"]);
            let (code, place) = number.id.split_once('/').unwrap();
            let place: u64 = place.parse().unwrap();
            let gaps = json!({"code": body["code"], "block_last": place, "gaps": [[place, place]]});
            let id = format!("{code}/{place:015}");
            store.put(Key { kind: Kind::NumberGap, id, ..number.clone() }, Some(gaps.to_string()));
        },
        "number_gaps",
        "is reported as missing, and stands on 2ff836B1",
    ),
    (
        Invariant::Card,
        |store| store.remove(Kind::Card, &["2ff836B1"]),
        "invoice_requests",
        "no card in the wallet of zhangwei",
    ),
    (
        Invariant::Card,
        |store| store.change(Kind::Card, &["2ff836B1"], "/gross_fen", json!(1)),
        "invoice_requests",
        "another number or amount",
    ),
    (
        Invariant::Card,
        |store| store.change(Kind::Card, &["/2ff836A1 "], "/cancelled_by", json!(null)),
        "invoice_requests",
        "disagree on whether it was taken back",
    ),
    (
        Invariant::CardOrphan,
        |store| store.remove(Kind::InvoiceRequest, &["2ff836B1"]),
        "cards",
        "no invoice of",
    ),
    (
        Invariant::CardCode,
        |store| store.remove(Kind::CardCode, &["2ff836B1"]),
        "cards",
        "does not name it",
    ),
    (
        Invariant::CardCode,
        |store| store.copy_to(Kind::CardCode, &["2ff836B1"], "000000000000"),
        "card_codes",
        "no card of 2ff836B1",
    ),
    (
        Invariant::Offset,
        |store| {
            let pointer = "/state/issued/offset";
            store.change(Kind::InvoiceRequest, &["2ff836A1 "], pointer, json!("standing"));
        },
        "invoice_requests",
        "2ff836A1 says that it stands, and 2ff836A1r is issued",
    ),
    (
        Invariant::Offset,
        |store| store.remove(Kind::InvoiceRequest, &["/2ff836A1r "]),
        "invoice_requests",
        "its red request 2ff836A1r is not there",
    ),
    (
        Invariant::Offset,
        |store| store.remove(Kind::InvoiceRequest, &["2ff836A1 "]),
        "invoice_requests",
        "its blue request 2ff836A1 is not there",
    ),
    (
        Invariant::Offset,
        |store| {
            store.change(Kind::InvoiceRequest, &["/2ff836A1r "], "/summary/gross_fen", json!(1))
        },
        "invoice_requests",
        "not for the amounts",
    ),
    (
        Invariant::Push,
        Broken::forget_pushes,
        "invoice_requests",
        "no push says that its try ended with status 100",
    ),
    (
        Invariant::Push,
        Broken::forget_pushes,
        "invoice_requests",
        "no push says that its try ended with status 2",
    ),
    (
        Invariant::Push,
        |store| store.push_again("2ff836B1"),
        "invoice_requests",
        "2 pushes say that it was issued",
    ),
    (
        Invariant::Job,
        |store| {
            let query = JobQuery { limit: 10, ..JobQuery::default() };
            let job = store.runtime.block_on(store.store.jobs(&query)).unwrap().remove(0);
            store.change_job(JobChange::Done(job.id));
        },
        "invoice_requests",
        "no job will end it",
    ),
    (
        Invariant::JobOrphan,
        |store| store.change_job(due("issue/gone")),
        "jobs",
        "has no request for issue/gone",
    ),
    (Invariant::JobOrphan, |store| store.change_job(due("shred/1")), "jobs", "knows no such job"),
];

fn due(name: &str) -> JobChange {
    let id = JobId { queue: Queue::Issue, account: MERCHANT.into(), name: name.into() };
    JobChange::Due { id, due_ms: 0 }
}
