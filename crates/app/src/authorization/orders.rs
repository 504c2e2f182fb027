//! Orders as an operator sees them.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing};
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_records::authorization::order::order_key;

/// A merchant's orders, from behind `after`, which [`Listing::next`] of the page before says.
pub async fn list(
    app: &App,
    merchant: &AppId,
    filter: Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Order>, Failure> {
    listing::list_of_owner(app, merchant.as_str(), filter, after, limit).await
}

/// The order with that name.
pub async fn find(app: &App, key: &OrderKey) -> Result<Option<Order>, Failure> {
    get(app, &order_key(key)).await
}
