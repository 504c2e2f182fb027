//! Where orders are.

use kaipiao_pages::encoded;

/// The listing.
pub(crate) const PATH: &str = "/console/orders";
/// One order's page.
pub(crate) const ORDER_PATH: &str = "/console/orders/order";

/// An order's page. Its number may hold any character, so it stands in the query.
pub(crate) fn order_address(merchant: &str, order_id: &str) -> String {
    format!("{ORDER_PATH}?appid={merchant}&order_id={}", encoded(order_id))
}
