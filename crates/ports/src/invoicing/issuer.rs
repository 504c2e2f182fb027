//! The Issuer port: who makes invoices out of requests.

use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_document::OfferedDocument;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};

/// How long an issuer may take for a document at most: a file that was written is collected once no commit can be about to
/// name it.
pub const DOCUMENT_TIME_LIMIT: Duration = Duration::from_secs(60);

/// What an issuer says to a request, and the documents that the invoice brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// What it says. An invoice that brings documents counts once they are kept here, and names none before.
    pub answer: IssuerAnswer,
    /// The documents that are to be asked for with [`Issuer::document`], of each kind one at most.
    pub offered: Vec<OfferedDocument>,
}

impl From<IssuerAnswer> for Issuance {
    /// An answer without documents.
    fn from(answer: IssuerAnswer) -> Self {
        Self { answer, offered: Vec::new() }
    }
}

/// Why a document was not given. The invoice is there all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDocument {
    /// Not now: the issuer cannot be reached, is silent, or has a fault. It is to be asked again.
    NotYet,
    /// What came cannot be taken: too long, not what the issuer has named, not signed. The words are for the
    /// merchant.
    Unreadable(String),
}

/// Issues invoices.
#[async_trait]
pub trait Issuer: Send + Sync + 'static {
    /// Asks for the invoice of a request that is running, with its content. Whoever asks may have to ask again (the
    /// process died before the answer was recorded), so one request never becomes two invoices that
    /// anybody gets to see.
    ///
    /// May take as long as it likes: who asks has a limit, and gives up.
    async fn issue(&self, request: &InvoiceRequest, content: &Content, now: Timestamp) -> Issuance;

    /// The bytes of a document that the invoice of this request brings, as [`Self::issue`] has named it: not empty, and
    /// [`InvoiceDocument::MOST_BYTES`] at most.
    ///
    /// Never takes longer than [`DOCUMENT_TIME_LIMIT`]. Only issuers that offer documents are asked.
    ///
    /// [`InvoiceDocument::MOST_BYTES`]: kaipiao_domain::invoicing::invoice_document::InvoiceDocument::MOST_BYTES
    async fn document(
        &self,
        request: &InvoiceRequest,
        offered: &OfferedDocument,
    ) -> Result<Bytes, NoDocument> {
        let (kind, serial) = (offered.kind.name(), &request.serial);
        Err(NoDocument::Unreadable(format!("this issuer has no {kind} of {serial}")))
    }
}
