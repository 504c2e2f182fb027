//! Inserted invoices as an operator sees them.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing, readable};
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_records::people::card::card_key_of_inserted;

/// An inserted invoice, and where its card stands.
#[derive(Clone, Debug)]
pub struct ListedInserted {
    /// The invoice.
    pub invoice: InsertedInvoice,
    /// None: its card is not there, or cannot be read.
    pub status: Option<CardStatus>,
}

/// Those for a merchant's orders, from behind `after`, which [`Listing::next`] of the page before says.
pub async fn list(
    app: &App,
    merchant: &AppId,
    filter: Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<ListedInserted>, Failure> {
    let page: Listing<InsertedInvoice> =
        listing::list_of_owner(app, merchant.as_str(), filter, after, limit).await?;
    let Listing { items, mut damaged, next } = page;
    let mut listed = Vec::with_capacity(items.len());
    for invoice in items {
        let card = get::<InvoiceCard>(app, &card_key_of_inserted(&invoice)).await;
        let status = readable(card, &mut damaged)?.map(|card| card.status);
        listed.push(ListedInserted { invoice, status });
    }
    Ok(Listing { items: listed, damaged, next })
}
