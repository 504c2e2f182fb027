//! How to break the invariants of inserted invoices, and of whose a number is.

use super::broken::Break;
use kaipiao_app::check::Invariant;
use kaipiao_ports::record::Kind;
use serde_json::json;

/// Each way, once.
pub const PLATFORM_BREAKS: &[Break] = &[
    (
        Invariant::Inserted,
        |store| {
            let other = json!("+000000000000");
            store.change(Kind::Order, &["/insert-1 "], "/state/authorized/used_by", other);
        },
        "orders",
        "used by +000000000000, which is not there",
    ),
    (
        Invariant::Inserted,
        |store| store.remove(Kind::Order, &["/insert-1 "]),
        "inserted_invoices",
        "its order insert-1 does not say",
    ),
    (
        Invariant::Inserted,
        |store| store.remove(Kind::Card, &["\"platform\""]),
        "inserted_invoices",
        "no card in its user's wallet",
    ),
    (
        Invariant::Inserted,
        |store| store.remove(Kind::PlatformPdf, &["insert-1"]),
        "inserted_invoices",
        "is attached to another invoice",
    ),
    (
        Invariant::CardOrphan,
        |store| store.remove(Kind::InsertedInvoice, &["insert-1"]),
        "cards",
        "no invoice of",
    ),
    (
        Invariant::TakenNumber,
        |store| store.remove(Kind::TakenNumber, &["2ff836B1"]),
        "invoice_requests",
        "nobody is recorded to have its number",
    ),
    (
        Invariant::TakenNumber,
        |store| store.change(Kind::TakenNumber, &["\"+"], "/serial", json!("2ff836B1")),
        "inserted_invoices",
        "is that of",
    ),
    (
        Invariant::TakenNumber,
        |store| store.change(Kind::TakenNumber, &["2ff836B1"], "/serial", json!("2ff836A1")),
        "taken_numbers",
        "has another number, or none",
    ),
];
