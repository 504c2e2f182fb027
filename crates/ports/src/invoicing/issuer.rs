//! The Issuer port: who makes invoices out of requests.

use async_trait::async_trait;
use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};

/// Issues invoices.
#[async_trait]
pub trait Issuer: Send + Sync + 'static {
    /// Asks for the invoice of a request that is running. Whoever asks may have to ask again (the
    /// process died before the answer was recorded), so one request never becomes two invoices that
    /// anybody gets to see.
    ///
    /// May take as long as it likes: who asks has a limit, and gives up.
    async fn issue(&self, request: &InvoiceRequest, now: Timestamp) -> IssuerAnswer;
}
