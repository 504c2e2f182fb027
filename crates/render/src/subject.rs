//! What a document is about.

use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;

/// An invoice, and the request that it was issued for.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The request.
    pub(crate) request: &'a InvoiceRequest,
    /// The issued invoice.
    pub(crate) invoice: &'a IssuedInvoice,
}
