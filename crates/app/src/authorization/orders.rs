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

/// Orders that a page of those without an answer looks at, at most.
const MOST_LOOKED_AT: usize = 1_000;

/// A merchant's orders of a time (both ends included, in the domain's milliseconds) that nobody has answered yet, from behind
/// `after`. A page looks at a bounded number of orders, so it may have few, or none, and still be followed by more.
pub async fn unanswered(
    app: &App,
    merchant: &AppId,
    (from_ms, to_ms): (i64, i64),
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Order>, Failure> {
    let mut found =
        Listing { items: Vec::new(), damaged: Vec::new(), next: after.map(str::to_owned) };
    for _ in 0..MOST_LOOKED_AT.div_ceil(limit.max(1)) {
        let filter = Filter::Time { from_ms, to_ms };
        // No more are read than there is room for, so that the next page begins behind the last that was looked at.
        let room = limit - found.items.len();
        let page = list(app, merchant, filter, found.next.as_deref(), room).await?;
        let is_open = |order: &Order| matches!(order.state, OrderState::Offered);
        found.items.extend(page.items.into_iter().filter(is_open));
        found.damaged.extend(page.damaged);
        found.next = page.next;
        if found.next.is_none() || found.items.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// The order with that name.
pub async fn find(app: &App, key: &OrderKey) -> Result<Option<Order>, Failure> {
    get(app, &order_key(key)).await
}
