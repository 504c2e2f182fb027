//! Section 7: has the user authorized?

use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::store_access::get;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::authorization_status::AuthorizationStatus;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::requests::AuthDataRequest;

/// An order's authorization, as the caller may see it. Orders of others read "never auth".
pub async fn auth_status(
    app: &App,
    caller: &Account,
    asked: &AuthDataRequest,
) -> Result<AuthorizationStatus, Failure> {
    concerns(caller.merchant(), &asked.order_id);
    let order: Option<Order> = get(app, &order_key_of(caller.merchant(), &asked.order_id)).await?;
    Ok(AuthorizationStatus::of(order.as_ref(), &asked.order_id, &asked.platform))
}
