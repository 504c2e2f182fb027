//! How to break the invariants of the files beside a store.

use super::broken::{Break, Broken};
use crate::platform::collector::{files, make_old};
use crate::platform::pdf::showing;
use kaipiao_app::check::Invariant;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_domain::platform::upload_tally::counted_bytes;
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::record::Kind;
use serde_json::json;
use std::time::Duration;

/// The count of the hour in which a PDF was uploaded that no invoice has, one byte too high.
fn count_too_much(store: &Broken) {
    let (key, mut body) = store.find(Kind::UploadTally, &[&unattached()]);
    let hours = body["hours"].as_object_mut().unwrap();
    hours.values_mut().for_each(|bytes| *bytes = json!(bytes.as_u64().unwrap() + 1));
    store.put(key, Some(body.to_string()));
}

/// What a count says that has the one PDF that is attached to nothing.
fn unattached() -> String {
    let bytes = u64::try_from(showing("invoice").len()).unwrap();
    format!(":{}}}", counted_bytes(bytes))
}

/// Each way, once.
pub const FILE_BREAKS: &[Break] = &[
    (
        Invariant::PdfFile,
        |store| std::fs::remove_file(&files(store.blobs.root())[0]).unwrap(),
        "platform_pdfs",
        "is not there",
    ),
    (
        Invariant::PdfFile,
        |store| std::fs::write(&files(store.blobs.root())[0], "%PDF").unwrap(),
        "platform_pdfs",
        "has 4 bytes, not ",
    ),
    (
        Invariant::FileOrphan,
        |store| put_old(store, "wx6b61697069616f32-1000000000000001"),
        "files",
        "no record names it",
    ),
    (
        Invariant::FileOrphan,
        |store| put_old(store, "of-somebody-else"),
        "files",
        "no record names it",
    ),
    (
        Invariant::AttachedPdf,
        |store| store.remove(Kind::InsertedInvoice, &["insert-1"]),
        "platform_pdfs",
        "no invoice that was inserted for order insert-1 has it",
    ),
    (
        Invariant::AttachedPdf,
        |store| {
            let other = json!("1000000000000001");
            store.change(Kind::InsertedInvoice, &["insert-1"], "/pdf", other);
        },
        "platform_pdfs",
        "no invoice that was inserted for order insert-1 has it",
    ),
    (
        Invariant::AttachedPdf,
        |store| store.remove(Kind::Order, &["/insert-1 "]),
        "platform_pdfs",
        "no invoice that was inserted for order insert-1 has it",
    ),
    (Invariant::UploadTally, count_too_much, "upload_tallies", "bytes are counted of hour"),
    (
        Invariant::UploadTally,
        |store| {
            let (key, _) = store.find(Kind::UploadTally, &[&unattached()]);
            store.put(key, Some(json!({"hours": {}}).to_string()));
        },
        "upload_tallies",
        "nothing is counted of hour",
    ),
    (
        Invariant::UploadTally,
        |store| store.remove(Kind::UploadTally, &[&unattached()]),
        "platform_pdfs",
        "it is not counted",
    ),
    (
        Invariant::FileOrphan,
        |store| put_old(store, "invoice-044032411111-00000001-0000000000000001"),
        "files",
        "no record names it",
    ),
    (
        Invariant::DocumentFile,
        |store| drop(name_document(store, 7)),
        "invoice_requests",
        "is not there",
    ),
    (
        Invariant::DocumentFile,
        |store| {
            let number = name_document(store, 7);
            put_old(store, &format!("invoice-{number}-{:016x}", 7));
        },
        "invoice_requests",
        "has 4 bytes, not 3",
    ),
];

/// Says that an issued invoice has a document of three bytes; returns its code and number.
fn name_document(store: &Broken, id: u64) -> String {
    let (key, mut body) = store.find(Kind::InvoiceRequest, &["2ff836B1", "issued"]);
    let invoice = &mut body["state"]["issued"];
    let document = json!({"kind": "pdf", "id": format!("{id:016x}"), "size_bytes": 3});
    invoice["documents"] = json!([document]);
    let [code, number] = ["code", "number"].map(|name| invoice[name].as_str().unwrap());
    let number = format!("{code}-{number}");
    store.put(key, Some(body.to_string()));
    number
}

/// Older than a server leaves one that nothing names.
fn put_old(store: &Broken, name: &str) {
    let blob = BlobName::parse(name).unwrap();
    store.runtime.block_on(store.blobs.put(&blob, "%PDF".into())).unwrap();
    make_old(store.blobs.root(), name, Duration::from_secs(2 * 86_400 + 1));
}
