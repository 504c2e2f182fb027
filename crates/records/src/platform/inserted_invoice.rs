//! Invoices that platforms have inserted.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::people::known_as::KnownAsShape;
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card::{CardCode, CardId};
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::platform::inserted_invoice::{InsertedContent, InsertedInvoice};
use kaipiao_domain::platform::pdf::MediaId;
use kaipiao_domain::reimbursement::invoice_info::{InfoItem, InfoParty};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Field, Index, Key, Kind, Stored};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The key of an inserted invoice, by its name among the merchant's.
pub fn inserted_key(merchant: &AppId, serial: &Serial) -> Key {
    Key { kind: Kind::InsertedInvoice, owner: merchant.to_string(), id: serial.to_string() }
}

#[derive(Serialize, Deserialize)]
struct ItemShape {
    name: String,
    /// A text: a decimal, digit for digit.
    num: String,
    unit: String,
    price_fen: i64,
}

#[derive(Serialize, Deserialize)]
struct PartyShape {
    name: String,
    tax_id: String,
    address_and_phone: String,
    bank_account: String,
}

#[derive(Serialize, Deserialize)]
struct InsertedShape {
    order_id: String,
    user: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paid_as: Vec<KnownAsShape>,
    platform: String,
    card_id: String,
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    code: String,
    number: String,
    check_code: String,
    gross_fen: i64,
    net_fen: i64,
    tax_fen: i64,
    issued_ms: i64,
    items: Vec<ItemShape>,
    buyer: PartyShape,
    seller: PartyShape,
    remarks: String,
    cashier: String,
    maker: String,
    pdf: String,
    trip_pdf: Option<String>,
    inserted_ms: i64,
}

impl From<&InfoItem> for ItemShape {
    fn from(item: &InfoItem) -> Self {
        let InfoItem { name, quantity, unit, price } = item;
        let (name, unit) = (name.clone(), unit.clone());
        Self { name, num: quantity.to_string(), unit, price_fen: price.get() }
    }
}

impl ItemShape {
    fn item(self, stored: &Stored) -> Result<InfoItem, StoreError> {
        let Self { name, num, unit, price_fen } = self;
        let quantity: Option<Decimal> = num.parse().ok();
        let quantity = known(stored, "items.num", quantity)?;
        Ok(InfoItem { name, quantity, unit, price: Fen::new(price_fen) })
    }
}

impl From<&InfoParty> for PartyShape {
    fn from(party: &InfoParty) -> Self {
        let InfoParty { name, tax_id, address_and_phone, bank_account } = party.clone();
        Self { name, tax_id, address_and_phone, bank_account }
    }
}

impl From<PartyShape> for InfoParty {
    fn from(shape: PartyShape) -> Self {
        let PartyShape { name, tax_id, address_and_phone, bank_account } = shape;
        Self { name, tax_id, address_and_phone, bank_account }
    }
}

impl Record for InsertedInvoice {
    const KIND: Kind = Kind::InsertedInvoice;

    fn encode(&self) -> String {
        let InsertedContent { gross, net, tax, issued_at, items, .. } = &self.content;
        encode(&InsertedShape {
            order_id: self.order_id.to_string(),
            user: self.user.as_str().to_owned(),
            paid_as: KnownAsShape::all(&self.paid_as),
            platform: self.platform.to_string(),
            card_id: self.card_id.as_str().to_owned(),
            kind: self.kind.clone(),
            detail: self.detail.clone(),
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            check_code: self.check_code.clone(),
            gross_fen: gross.get(),
            net_fen: net.get(),
            tax_fen: tax.get(),
            issued_ms: issued_at.unix_millis(),
            items: items.iter().map(ItemShape::from).collect(),
            buyer: (&self.content.buyer).into(),
            seller: (&self.content.seller).into(),
            remarks: self.content.remarks.clone(),
            cashier: self.content.cashier.clone(),
            maker: self.content.maker.clone(),
            pdf: self.pdf.to_string(),
            trip_pdf: self.trip_pdf.as_ref().map(MediaId::to_string),
            inserted_ms: self.inserted_at.unix_millis(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: InsertedShape = decode(stored)?;
        let media = |member, text: &str| known(stored, member, MediaId::parse(text));
        let code = stored.key.id.strip_prefix(Serial::INSERTED).and_then(CardCode::parse);
        let items = shape.items.into_iter().map(|item| item.item(stored));
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            user: known(stored, "user", UserId::parse(&shape.user))?,
            paid_as: KnownAsShape::known(shape.paid_as, stored)?,
            platform: stored_appid(stored, "platform", &shape.platform)?,
            card_id: known(stored, "card_id", CardId::parse(&shape.card_id))?,
            code: known(stored, "the key", code)?,
            kind: shape.kind,
            detail: shape.detail,
            number: known(stored, "number", CardNumber::parse(&shape.code, &shape.number))?,
            check_code: shape.check_code,
            content: InsertedContent {
                gross: Fen::new(shape.gross_fen),
                net: Fen::new(shape.net_fen),
                tax: Fen::new(shape.tax_fen),
                issued_at: at(shape.issued_ms),
                items: items.collect::<Result<_, _>>()?,
                buyer: shape.buyer.into(),
                seller: shape.seller.into(),
                remarks: shape.remarks,
                cashier: shape.cashier,
                maker: shape.maker,
            },
            pdf: media("pdf", &shape.pdf)?,
            trip_pdf: shape.trip_pdf.map(|text| media("trip_pdf", &text)).transpose()?,
            inserted_at: at(shape.inserted_ms),
        })
    }

    fn index(&self) -> Index {
        Index {
            time_ms: self.inserted_at.unix_millis(),
            unused_since_ms: None,
            fields: vec![
                (Field::Order, self.order_id.to_string()),
                (Field::Number, self.number.joined()),
                (Field::User, self.user.as_str().to_owned()),
            ],
        }
    }
}
