//! The renderer port: an invoice as a document that people hold.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;

/// Draws invoices.
pub trait Renderer: Send + Sync + 'static {
    /// Whether any font has a glyph for this character. A text with a character that none has is
    /// refused before it is issued (D-76).
    fn can_print(&self, character: char) -> bool;

    /// Whether a tax code has a short name, which is printed before the names of its lines.
    fn names_category(&self, tax_code: &str) -> bool {
        let _ = tax_code;
        true
    }

    /// The PDF of an invoice: the same bytes for the same invoice. Takes milliseconds of processor
    /// time, so it does not belong on a thread that serves requests.
    fn pdf(&self, request: &InvoiceRequest, content: &Content, invoice: &IssuedInvoice) -> Vec<u8>;

    /// The first page for a screen: a standalone SVG document.
    fn picture(
        &self,
        request: &InvoiceRequest,
        content: &Content,
        invoice: &IssuedInvoice,
    ) -> String;
}
