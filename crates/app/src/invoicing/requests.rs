//! Invoice requests as they are stored: heads, and beside each its content.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing};
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_records::invoicing::content::content_key;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record::{self, Damaged, Versioned};

/// A merchant's requests, from behind `after`, which [`Listing::next`] of the page before says.
pub async fn list(
    app: &App,
    merchant: &AppId,
    filter: Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<InvoiceRequest>, Failure> {
    listing::list_of_owner(app, merchant.as_str(), filter, after, limit).await
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

/// What a request says, line by line.
pub(crate) async fn content_of(app: &App, request: &InvoiceRequest) -> Result<Content, Failure> {
    let InvoiceRequest { merchant, serial, content_number, .. } = request;
    let key = content_key(merchant, serial, *content_number);
    let content = get(app, &key).await?;
    content.ok_or_else(|| Failure::Unreadable(Damaged { key, why: "it is missing".to_owned() }))
}

#[cfg(test)]
mod tests;
