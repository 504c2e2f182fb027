//! The files beside the store: uploaded PDFs, and documents that invoices bring.

use super::look;
use super::look::Look;
use super::violation::{Found, Invariant, Subject, Watcher};
use crate::platform::collector;
use core::time::Duration;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::platform::blobs::{BlobError, ListedBlob};

/// The name of the files among the tables.
const FILES: &str = "files";
/// The server's walk through the files takes no longer.
const A_WALK: Duration = Duration::from_secs(24 * 3600);

/// A PDF's file is there, as long as it was when it was uploaded; that of one whose time is over need not be.
pub(super) async fn pdf(
    look: &Look<'_>,
    pdf: &PlatformPdf,
    found: &mut Found,
) -> Result<(), StoreError> {
    // The server has removed its record, or is about to.
    if pdf.is_expired(look.pdfs_are_kept, look.now().await?) {
        return Ok(());
    }
    is_there(look, &pdf.blob_name(), pdf.size_bytes, Invariant::PdfFile, found).await
}

/// The files of what an invoice has brought from outside are there, as long as they were.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Ok(invoice) = request.invoice() else { return Ok(()) };
    for document in &invoice.documents {
        let name = document.blob_name(&invoice.number);
        is_there(look, &name, document.size_bytes, Invariant::DocumentFile, found).await?;
    }
    Ok(())
}

async fn is_there(
    look: &Look<'_>,
    name: &BlobName,
    size_bytes: u64,
    invariant: Invariant,
    found: &mut Found,
) -> Result<(), StoreError> {
    match look.blobs.length(name).await.map_err(|error| away(&error))? {
        None => found.add(invariant, format!("its file {name} is not there")),
        Some(bytes) if bytes != size_bytes => {
            found.add(invariant, format!("its file {name} has {bytes} bytes, not {size_bytes}"));
        }
        Some(_) => {}
    }
    Ok(())
}

/// Walks the files: one that no record names is removed by the server, which takes it a day at most.
pub(super) async fn all(look: &Look<'_>, watcher: &mut dyn Watcher) -> Result<(), StoreError> {
    let (mut walk, mut count) = (look.blobs.walk(), 0);
    loop {
        let page = walk.next(look::PAGE).await;
        let page = page.map_err(|error| away(&error))?;
        for listed in &page {
            if is_left(look, listed).await? {
                let subject =
                    Subject { table: FILES, owner: String::new(), id: listed.name.to_string() };
                let mut found = Found::of(subject);
                found.add(Invariant::FileOrphan, "no record names it, and no server removes it");
                found.violations.into_iter().for_each(|violation| watcher.found(violation));
            }
        }
        count += u64::try_from(page.len()).expect("a page is small");
        watcher.looked_at(FILES, count);
        if page.is_empty() {
            return Ok(());
        }
    }
}

/// Whether a file has lain there without a record for so long that nobody will remove it.
async fn is_left(look: &Look<'_>, listed: &ListedBlob) -> Result<bool, StoreError> {
    let kept = look.pdfs_are_kept.max(look.files_are_kept);
    if listed.age < kept.saturating_add(A_WALK) {
        return Ok(false);
    }
    Ok(collector::is_named(look.store, &listed.name).await? != Some(true))
}

fn away(error: &BlobError) -> StoreError {
    StoreError::Away(error.to_string())
}
