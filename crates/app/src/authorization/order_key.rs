//! The key that an order is stored under.

use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_ports::record::Key;
use kaipiao_records::authorization::order::order_key;

/// The key of a merchant's order.
pub(crate) fn order_key_of(merchant: &AppId, order_id: &OrderId) -> Key {
    order_key(&OrderKey { merchant: merchant.clone(), order_id: order_id.clone() })
}
