//! Cards & Offers: the invoice cards that a user holds (wire_facts 4.5).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use crate::invoicing::serial::Serial;
use crate::money::Fen;
use crate::people::user::UserId;

/// A blue invoice in its user's wallet. Everything in it follows from the invoice request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceCard {
    /// The wallet's owner.
    pub user: UserId,
    /// The merchant that had it issued.
    pub merchant: AppId,
    /// The serial of its request.
    pub serial: Serial,
    /// The seller's name.
    pub seller: String,
    /// The amount with tax.
    pub gross: Fen,
    /// Its code and number.
    pub number: InvoiceNumber,
    /// The moment of issue.
    pub issued_at: Timestamp,
    /// The red request that has taken it back.
    pub cancelled_by: Option<Serial>,
}

impl InvoiceCard {
    /// The card of a request; None: it is not issued, or red, which no card is made of.
    pub fn of(request: &InvoiceRequest) -> Option<Self> {
        let RequestState::Issued { invoice, offset } = &request.state else { return None };
        let cancelled_by = match offset {
            Offset::Standing | Offset::Underway(_) => None,
            Offset::Done(red) => Some(red.clone()),
        };
        (request.colour == Colour::Blue).then(|| Self {
            user: request.user.clone(),
            merchant: request.merchant.clone(),
            serial: request.serial.clone(),
            seller: request.content.seller.name.clone(),
            gross: request.content.gross,
            number: invoice.number.clone(),
            issued_at: invoice.at,
            cancelled_by,
        })
    }
}
