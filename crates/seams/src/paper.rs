//! The Paper seam: an invoice as a document that people hold.

use kaipiao_domain::invoice_request::{InvoiceRequest, IssuedInvoice};

/// Prints invoices.
pub trait Paper: Send + Sync + 'static {
    /// Has any font a shape for this character? What has none is refused before it is issued.
    fn can_print(&self, character: char) -> bool;

    /// The PDF of an invoice: the same bytes for the same invoice. Takes milliseconds of processor
    /// time, so it does not belong on a thread that serves requests.
    fn pdf(&self, request: &InvoiceRequest, invoice: &IssuedInvoice) -> Vec<u8>;

    /// The first page as a picture for a screen: a standalone SVG document.
    fn picture(&self, request: &InvoiceRequest, invoice: &IssuedInvoice) -> String;
}
