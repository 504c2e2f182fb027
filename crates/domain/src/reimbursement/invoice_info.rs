//! What a company is told of an invoice (wire_facts 1.2).

use crate::Timestamp;
use crate::access::account::AppId;
use crate::money::Fen;
use crate::people::card::{CardId, InvoiceCard};
use crate::people::user::OpenId;
use rust_decimal::Decimal;

/// What stands on an invoice, as far as companies are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceInfo {
    /// The kind of invoice, in the seller's words.
    pub kind: String,
    /// What was bought, in short.
    pub detail: String,
    /// The merchant's order number.
    pub order_id: String,
    /// The total with tax.
    pub gross: Fen,
    /// The total without tax.
    pub net: Fen,
    /// The total tax.
    pub tax: Fen,
    /// The moment of issue.
    pub issued_at: Timestamp,
    /// 20 digits; empty on a fully digital invoice.
    pub check_code: String,
    /// The lines.
    pub items: Vec<InfoItem>,
    /// Who buys.
    pub buyer: InfoParty,
    /// Who sells.
    pub seller: InfoParty,
    /// Remarks; may be empty.
    pub remarks: String,
    /// The clerk who receives the money; may be empty.
    pub payee: String,
    /// The clerk who issued it; may be empty.
    pub drawer: String,
    /// The address of its PDF.
    pub pdf_url: String,
    /// The address of the PDF of what was consumed; empty: there is none.
    pub trip_pdf_url: String,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfoItem {
    /// The goods or the service.
    pub name: String,
    /// How many.
    pub quantity: Decimal,
    /// The unit of measurement; may be empty.
    pub unit: String,
    /// The price of one without tax.
    pub price: Fen,
}

/// A party, in the texts that companies are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfoParty {
    /// The name.
    pub name: String,
    /// The taxpayer id; may be empty.
    pub tax_id: String,
    /// Address and phone in one text; may be empty.
    pub address_and_phone: String,
    /// Bank and account in one text; may be empty.
    pub bank_account: String,
}

/// A card as a company names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCard {
    /// The card's template.
    pub card_id: CardId,
    /// Names the card to the company for which its user has chosen it.
    pub encrypt_code: String,
    /// Where the code stands in the request, for complaints: `invoice_list[3].encrypt_code`.
    pub path: String,
}

/// An invoice that its user has chosen for a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenInvoice {
    /// The card's template.
    pub card_id: CardId,
    /// Names the card to this company, and to no other.
    pub encrypt_code: String,
    /// The account whose template it is.
    pub appid: AppId,
}

/// An invoice as a company reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadInvoice {
    /// The user's card.
    pub card: InvoiceCard,
    /// The user, as the company's account knows them.
    pub openid: OpenId,
    /// What stands on it.
    pub info: InvoiceInfo,
}
