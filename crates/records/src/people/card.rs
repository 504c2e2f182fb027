//! Invoice cards.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card::InvoiceCard;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A card's key. It sorts by the time of issue.
pub fn card_key(card: &InvoiceCard) -> Key {
    let (issued_ms, merchant, serial) =
        (card.issued_at.unix_millis(), &card.merchant, &card.serial);
    let id = format!("{issued_ms:016}/{merchant}/{serial}");
    Key { kind: Kind::Card, owner: card.user.as_str().to_owned(), id }
}

#[derive(Serialize, Deserialize)]
struct CardShape {
    merchant: String,
    serial: String,
    seller: String,
    gross_fen: i64,
    code: String,
    number: String,
    issued_ms: i64,
    cancelled_by: Option<String>,
}

impl Record for InvoiceCard {
    const KIND: Kind = Kind::Card;

    fn encode(&self) -> String {
        encode(&CardShape {
            merchant: self.merchant.to_string(),
            serial: self.serial.to_string(),
            seller: self.seller.clone(),
            gross_fen: self.gross.get(),
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            issued_ms: self.issued_at.unix_millis(),
            cancelled_by: self.cancelled_by.as_ref().map(Serial::to_string),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: CardShape = decode(stored)?;
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        let cancelled_by = shape.cancelled_by.map(|text| serial("cancelled_by", &text));
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            serial: serial("serial", &shape.serial)?,
            seller: shape.seller,
            gross: Fen::new(shape.gross_fen),
            number: known(stored, "number", InvoiceNumber::parse(&shape.code, &shape.number))?,
            issued_at: at(shape.issued_ms),
            cancelled_by: cancelled_by.transpose()?,
        })
    }
}
