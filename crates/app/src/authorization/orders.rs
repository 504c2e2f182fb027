//! Orders as an operator sees them.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Filter, Listing};
use crate::store_access::get;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order::{Order, OrderState};
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

/// A merchant's orders of a time (both ends included, in the domain's milliseconds) that nobody has answered yet, from behind
/// `after`. A page looks at a bounded number of orders, so it may have few, or none, and still be followed by more.
pub async fn unanswered(
    app: &App,
    merchant: &AppId,
    (from_ms, to_ms): (i64, i64),
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Order>, Failure> {
    let is_open = |order: &Order| matches!(order.state, OrderState::Offered);
    let times = Filter::Time { from_ms, to_ms };
    listing::sifted(app, merchant.as_str(), &times, after, limit, is_open).await
}

/// The order with that name.
pub async fn find(app: &App, key: &OrderKey) -> Result<Option<Order>, Failure> {
    get(app, &order_key(key)).await
}
