//! Invoice requests as they are stored.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::store::{Kind, Page, PageOrder};
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record::{self, Versioned};

/// A merchant's requests by serial, from behind one of them.
pub async fn list(
    app: &App,
    merchant: &AppId,
    after: Option<&Serial>,
    limit: usize,
) -> Result<Vec<InvoiceRequest>, Failure> {
    let owner = merchant.to_string();
    let after = after.map(|serial| (owner.clone(), serial.to_string()));
    let order = PageOrder::Ascending;
    let page = Page { kind: Kind::InvoiceRequest, owner: Some(owner), after, order, limit };
    Ok(record::list(&*app.store, &page).await?)
}

/// A merchant's request with that serial.
pub async fn find(
    app: &App,
    merchant: &AppId,
    serial: &Serial,
) -> Result<Option<InvoiceRequest>, Failure> {
    get(app, &request_key(merchant, serial)).await
}

/// The same with its version, for whoever will change it.
pub(crate) async fn find_versioned(
    app: &App,
    merchant: &AppId,
    serial: &Serial,
) -> Result<Option<Versioned<InvoiceRequest>>, Failure> {
    Ok(record::get(&*app.store, &request_key(merchant, serial)).await?)
}
