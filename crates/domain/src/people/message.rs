//! Service messages: what the user is told outside a page (section 8, wire_facts 4.5).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::authorization::order_id::OrderId;
use crate::people::user::UserId;

/// "The merchant will not issue this invoice": the reason, and where to go next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionMessage {
    /// Who is told.
    pub user: UserId,
    /// Who rejected.
    pub merchant: AppId,
    /// Which order.
    pub order_id: OrderId,
    /// When.
    pub sent_at: Timestamp,
    /// The merchant's reason.
    pub reason: String,
    /// The merchant's link for the next step; empty when it gave none.
    pub url: String,
}
