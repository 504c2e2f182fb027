//! Service messages: what the user is notified of outside a page (section 8, wire_facts 4.5).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::authorization::order_id::OrderId;
use crate::people::user::UserId;

/// "The merchant will not issue this invoice": the reason, and where to go next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionMessage {
    /// The user who is notified.
    pub user: UserId,
    /// The merchant that rejected.
    pub merchant: AppId,
    /// The rejected order.
    pub order_id: OrderId,
    /// The moment of the rejection.
    pub sent_at: Timestamp,
    /// The merchant's reason.
    pub reason: String,
    /// The merchant's link for the next step; empty when it gave none.
    pub url: String,
}
