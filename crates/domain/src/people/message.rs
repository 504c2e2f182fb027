//! Service messages: what the user is notified of outside a page (section 8, wire_facts 4.5).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::authorization::order_id::OrderId;
use crate::invoicing::invoice_request::{Colour, InvoiceRequest, RequestState};
use crate::invoicing::serial::Serial;
use crate::payment::pay_merchant::MchId;
use crate::people::user::UserId;

/// A message about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The user who is notified.
    pub user: UserId,
    /// The order's merchant.
    pub merchant: AppId,
    /// The order.
    pub order_id: OrderId,
    /// The moment of what it reports.
    pub sent_at: Timestamp,
    /// What has happened.
    pub event: MessageEvent,
}

/// What a message reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageEvent {
    /// The merchant will not issue this invoice.
    Rejected {
        /// The merchant's reason.
        reason: String,
        /// The merchant's link for the next step; empty when it gave none.
        url: String,
    },
    /// The invoice of this serial was issued.
    Issued(Serial),
    /// The invoice could not be issued; the merchant may try again.
    Failed,
    /// The invoice of this serial was taken back.
    TakenBack(Serial),
    /// The invoice of this serial was written off: it stays in the user's messages, not in the wallet.
    WrittenOff {
        /// The invoice's.
        serial: Serial,
        /// The company's account.
        by: AppId,
    },
    /// Quick pay asks the user to confirm a payment; the order's number is the payment's.
    PaymentToConfirm {
        /// The pay merchant.
        mchid: MchId,
        /// How much, in fen.
        total_fee_fen: i64,
        /// Where it is confirmed.
        prepay_id: String,
    },
    /// The user has paid; the order's number is the payment's.
    Paid {
        /// The pay merchant.
        mchid: MchId,
        /// How much, in fen.
        total_fee_fen: i64,
    },
}

impl Message {
    /// The message about the end of a request's try. None: it is still running, or it was to take
    /// an invoice back and failed, which leaves the user's invoice as it was.
    pub fn of_end(request: &InvoiceRequest, now: Timestamp) -> Option<Self> {
        let event = match (&request.state, &request.colour) {
            (RequestState::Issued { .. }, Colour::Blue) => {
                MessageEvent::Issued(request.serial.clone())
            }
            (RequestState::Issued { .. }, Colour::Red { blue }) => {
                MessageEvent::TakenBack(blue.clone())
            }
            (RequestState::Failed { .. }, Colour::Blue) => MessageEvent::Failed,
            (RequestState::Failed { .. }, Colour::Red { .. })
            | (RequestState::Running { .. }, _) => return None,
        };
        Some(Self {
            user: request.user.clone(),
            merchant: request.merchant.clone(),
            order_id: request.order_id.clone(),
            sent_at: now,
            event,
        })
    }
}
