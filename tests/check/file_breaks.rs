//! How to break the invariants of uploaded files.

use super::broken::{Break, Broken};
use crate::platform::collector::{files, make_old};
use kaipiao_app::check::Invariant;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::Blobs;
use std::time::Duration;

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
];

/// Older than a server leaves one that nothing names.
fn put_old(store: &Broken, name: &str) {
    let blob = BlobName::parse(name).unwrap();
    store.runtime.block_on(store.blobs.put(&blob, "%PDF".into())).unwrap();
    make_old(store.blobs.root(), name, Duration::from_secs(2 * 86_400 + 1));
}
