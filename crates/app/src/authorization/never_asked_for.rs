//! 72038 of an order that an account never asked for.

use crate::access::accounts;
use crate::app::App;
use crate::authorization::orders;
use crate::failure::Failure;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{AppId, PlatformId, Role};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};

/// Accounts among whom the order is looked for.
const MOST_ACCOUNTS: usize = 100;

/// What is said of it. In the sandbox, where everybody sees everything, whoever else has asked for an order of this number is
/// named; in production nobody hears of another merchant's orders.
pub(crate) async fn explained(
    app: &App,
    order_id: &OrderId,
    account: &AppId,
    platform: Option<&PlatformId>,
    refusal: Refusal,
) -> Result<Refusal, Failure> {
    if app.changes.is_none() {
        return Ok(refusal);
    }
    let mut found = Vec::new();
    for other in accounts::list(app, None, MOST_ACCOUNTS).await?.items {
        if other.role == Role::Merchant && other.appid != *account {
            let key = OrderKey { merchant: other.appid, order_id: order_id.clone() };
            found.extend(orders::find(app, &key).await?);
        }
    }
    // Of several the one that differs in nothing else.
    let is_of_platform = |order: &&Order| Some(&order.request.platform) == platform;
    let other = found.iter().find(is_of_platform).or(found.first());
    Ok(other.map_or(refusal, |other| other.asked_for_by_another(account, platform)))
}
