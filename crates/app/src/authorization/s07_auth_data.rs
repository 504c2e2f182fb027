//! Section 7: has the user authorized?

use crate::authorization::s02_auth_url::order_key_of;
use crate::{App, Failure};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::order::{AuthorizationStatus, Order};
use kaipiao_wire::authorization::s07_auth_data::AuthDataRequest;

impl App {
    /// An order's authorization, as the caller may see it. Orders of others read "never auth".
    pub async fn auth_status(
        &self,
        caller: &Account,
        asked: &AuthDataRequest,
    ) -> Result<AuthorizationStatus, Failure> {
        let order: Option<Order> =
            self.get(&order_key_of(caller.merchant(), &asked.order_id)).await?;
        Ok(AuthorizationStatus::of(order.as_ref(), &asked.order_id, &asked.platform))
    }
}
