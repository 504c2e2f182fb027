//! An invoice or a bill that was issued elsewhere, and that its platform has put into a user's wallet
//! (wire_facts 1.1, 1.4).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::authorization::order_id::OrderId;
use crate::invoicing::serial::Serial;
use crate::money::Fen;
use crate::people::card::{CardCode, CardId, InvoiceCard};
use crate::people::card_number::CardNumber;
use crate::people::user::{KnownAs, UserId};
use crate::platform::pdf::MediaId;
use crate::reimbursement::card_status::CardStatus;
use crate::reimbursement::invoice_info::{InfoItem, InfoParty};

/// What a platform says of an invoice, its members read and checked one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertedContent {
    /// The total with tax.
    pub gross: Fen,
    /// The total without tax.
    pub net: Fen,
    /// The total tax.
    pub tax: Fen,
    /// The moment of issue.
    pub issued_at: Timestamp,
    /// The lines; there may be none.
    pub items: Vec<InfoItem>,
    /// Who buys.
    pub buyer: InfoParty,
    /// Who sells; the name is the template's `payee`.
    pub seller: InfoParty,
    /// Remarks; may be empty.
    pub remarks: String,
    /// The clerk who receives the money; may be empty.
    pub cashier: String,
    /// The clerk who issued it; may be empty.
    pub maker: String,
}

/// The invoice, or the bill. It never changes: how far its reimbursement is, its card says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertedInvoice {
    /// The merchant whose order it is for.
    pub merchant: AppId,
    /// The order.
    pub order_id: OrderId,
    /// The user who authorized the order, and has the card.
    pub user: UserId,
    /// How accounts know the user otherwise than by this server's openids, as the order has it.
    pub paid_as: Vec<KnownAs>,
    /// The platform that has inserted it.
    pub platform: AppId,
    /// The platform's template.
    pub card_id: CardId,
    /// The card among those of the platform.
    pub code: CardCode,
    /// The kind of invoice, as the template says.
    pub kind: String,
    /// What is sold, as the template says; may be empty.
    pub detail: String,
    /// Its code and number.
    pub number: CardNumber,
    /// 20 digits; empty on a fully digital invoice and on a bill.
    pub check_code: String,
    /// What else it says.
    pub content: InsertedContent,
    /// Its PDF.
    pub pdf: MediaId,
    /// The PDF of what was consumed.
    pub trip_pdf: Option<MediaId>,
    /// The moment of the insert.
    pub inserted_at: Timestamp,
}

impl InsertedInvoice {
    /// Its name among the merchant's invoices, beside the serials of what the merchant had issued: no
    /// merchant chooses such a one.
    pub fn serial(&self) -> Serial {
        let text = format!("{}{}", Serial::INSERTED, self.code);
        Serial::parse(&text).expect("a sign and 12 digits are a serial")
    }

    /// The card that shows it, as it is when the invoice is inserted. `title`: the template's short name of the
    /// seller, which lists of cards have (wire_facts 4.5).
    pub fn card(&self, title: &str) -> InvoiceCard {
        InvoiceCard {
            user: self.user.clone(),
            merchant: self.merchant.clone(),
            serial: self.serial(),
            platform: Some(self.platform.clone()),
            card_id: self.card_id.clone(),
            code: self.code.clone(),
            seller: title.to_owned(),
            buyer: self.content.buyer.name.clone(),
            gross: self.content.gross,
            number: self.number.clone(),
            issued_at: self.content.issued_at,
            status: CardStatus::Init,
        }
    }
}
