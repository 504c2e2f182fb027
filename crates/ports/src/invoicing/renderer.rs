//! The renderer port: an invoice as a document that people hold.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;

/// Draws invoices.
pub trait Renderer: Send + Sync + 'static {
    /// Whether any font has a glyph for this character. A text with a character that none has is
    /// refused before it is issued (D-76).
    fn can_print(&self, character: char) -> bool;

    /// The short name of a tax code, without asterisks, as the tables have it today; None: no table
    /// knows the code. What is issued keeps the one that its lines got at acceptance.
    fn category_of(&self, tax_code: &str) -> Option<&str>;

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
