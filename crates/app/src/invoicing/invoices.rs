//! Invoice requests as an operator sees them.

use crate::{App, Failure};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, Serial};
use kaipiao_ports::store::{Kind, Page, PageOrder};
use kaipiao_records::record;

impl App {
    /// A merchant's requests by serial, from behind one of them.
    pub async fn invoice_requests(
        &self,
        merchant: &AppId,
        after: Option<&Serial>,
        limit: usize,
    ) -> Result<Vec<InvoiceRequest>, Failure> {
        let owner = merchant.to_string();
        let after = after.map(|serial| (owner.clone(), serial.to_string()));
        let order = PageOrder::Ascending;
        let page = Page { kind: Kind::InvoiceRequest, owner: Some(owner), after, order, limit };
        Ok(record::list(&*self.store, &page).await?)
    }
}
