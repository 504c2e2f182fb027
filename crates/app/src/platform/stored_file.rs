//! Files that records name, read when somebody asks for them.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::document_cache::Document;
use kaipiao_domain::invoicing::invoice_document::InvoiceDocument;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::platform::blobs::BlobError;
use std::sync::Arc;

/// The file of this name, which a record has; `digits`: what it is called when it is saved.
pub(crate) async fn stored(
    app: &App,
    name: &BlobName,
    digits: String,
) -> Result<Arc<Document>, Failure> {
    let read = async {
        let limit = u64::try_from(InvoiceDocument::MOST_BYTES).unwrap_or(u64::MAX);
        let bytes = app.blobs.get(name, limit).await.map_err(|error| away(&error))?;
        bytes.ok_or_else(|| Failure::Damaged(format!("the file {name} is missing")))
    };
    app.documents.file(name, digits, read).await
}

pub(crate) fn away(error: &BlobError) -> Failure {
    Failure::Away(error.to_string())
}
