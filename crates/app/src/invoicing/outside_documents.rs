//! The documents that an invoice brings from an issuer of the operator's own: fetched and written before the commit that
//! names them, and read when somebody asks for them.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::document_cache::Document;
use crate::platform::{files_owner, stored_file::stored};
use core::time::Duration;
use kaipiao_domain::invoicing::invoice_document::{
    DocumentId, InvoiceDocument, OfferedDocument, document_of,
};
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::invoicing::issuer::{Issuance, NoDocument};
use kaipiao_ports::store::Store;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::record::{self, Versioned};
use std::sync::Arc;

/// How long an invoice waits until others' documents have come; then its own are asked for later.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The issuer's answer, once the documents that its invoice brings are on the disk, for the commit that will name them. An
/// invoice without one of them is not taken, so that it never shows another document first: "not yet" where the
/// issuer may still give it, or there is no room or no place for it here, 73102 where what it gave cannot be taken.
///
/// What was written for nothing is removed, here or by the collector.
pub(crate) async fn keep(
    app: &App,
    request: &InvoiceRequest,
    Issuance { answer, offered }: Issuance,
) -> IssuerAnswer {
    let IssuerAnswer::Issued(invoice) = answer else { return answer };
    if offered.is_empty() {
        return IssuerAnswer::Issued(invoice);
    }
    if let Err(failure) = files_owner::check(app).await {
        not_written(&failure);
        return IssuerAnswer::NotYet;
    }
    let place = app.document_places.place(&request.merchant, LONGEST_WAIT).await;
    let Some(_place) = place else { return IssuerAnswer::NotYet };
    let mut kept = IssuedInvoice { documents: Vec::new(), ..invoice };
    for offered in &offered {
        match fetch(app, request, &kept.number, offered).await {
            Ok(document) => kept.documents.push(document),
            Err(why) => {
                remove(app, &kept).await;
                return match why {
                    NoDocument::NotYet => IssuerAnswer::NotYet,
                    NoDocument::Unreadable(words) => {
                        IssuerAnswer::Failed(IssueFailure::Unreadable(words))
                    }
                };
            }
        }
    }
    IssuerAnswer::Issued(kept)
}

/// Asks for a document and writes it, under a name of 64 random bits: where a file has it, the next try has others.
async fn fetch(
    app: &App,
    request: &InvoiceRequest,
    number: &InvoiceNumber,
    offered: &OfferedDocument,
) -> Result<InvoiceDocument, NoDocument> {
    let bytes = app.issuer.document(request, offered).await?;
    let document = InvoiceDocument {
        kind: offered.kind,
        id: DocumentId::from_random(u64::from_be_bytes(app.random())),
        size_bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    };
    let written = app.blobs.put(&document.blob_name(number), bytes).await;
    written.map(|()| document).map_err(|error| {
        not_written(&error);
        NoDocument::NotYet
    })
}

/// What keeps a document from the disk may pass while the merchant waits: a full disk, a folder that is not mounted. The
/// issuer's time limit goes on.
fn not_written(why: &dyn core::fmt::Display) {
    tracing::error!(%why, "an invoice's document cannot be written");
}

/// Removes what was written of an invoice that is not taken. What is left the collector finds.
async fn remove(app: &App, invoice: &IssuedInvoice) {
    for document in &invoice.documents {
        let name = document.blob_name(&invoice.number);
        if let Err(error) = app.blobs.remove(&name).await {
            tracing::warn!(%error, file = name.as_str(), "a document that nobody needs was left");
        }
    }
}

/// A document that an issued invoice has, with its bytes.
pub(crate) async fn read(
    app: &App,
    number: &InvoiceNumber,
    document: &InvoiceDocument,
) -> Result<Arc<Document>, Failure> {
    stored(app, &document.blob_name(number), number.joined()).await
}

/// Whether an invoice has the document under this name; None: it is called as no invoice's document.
pub(crate) async fn is_named(
    store: &dyn Store,
    name: &BlobName,
) -> Result<Option<bool>, StoreError> {
    let Some((number, id)) = document_of(name) else { return Ok(None) };
    let holder = record::get_fresh::<TakenNumber>(store, &TakenNumber::key(&number.into())).await?;
    let Some(Versioned { value: TakenNumber { merchant, serial, .. }, .. }) = holder else {
        return Ok(Some(false));
    };
    let key = request_key(&merchant, &serial);
    let request = record::get_fresh::<InvoiceRequest>(store, &key).await?;
    let invoice = request.as_ref().and_then(|request| request.value.invoice().ok());
    let has_it = |invoice: &IssuedInvoice| invoice.documents.iter().any(|one| one.id == id);
    Ok(Some(invoice.is_some_and(has_it)))
}
