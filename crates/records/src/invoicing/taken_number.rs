//! Whose an invoice's or a bill's number is: one record for each, whoever issued it.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// The invoice that has a number: what keeps it from being issued or inserted a second time, by any merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenNumber {
    /// The number.
    pub number: CardNumber,
    /// The merchant whose invoice it is.
    pub merchant: AppId,
    /// The invoice's name among the merchant's.
    pub serial: Serial,
}

impl TakenNumber {
    /// The key of a number: the number itself, behind its code and a hyphen where it has one.
    pub fn key(number: &CardNumber) -> Key {
        let owner = match number.code() {
            "" => number.number().to_owned(),
            code => format!("{code}-{}", number.number()),
        };
        Key { kind: Kind::TakenNumber, owner, id: String::new() }
    }
}

#[derive(Serialize, Deserialize)]
struct TakenNumberShape {
    code: String,
    number: String,
    merchant: String,
    serial: String,
}

impl Record for TakenNumber {
    const KIND: Kind = Kind::TakenNumber;

    fn encode(&self) -> String {
        encode(&TakenNumberShape {
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            merchant: self.merchant.to_string(),
            serial: self.serial.to_string(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let TakenNumberShape { code, number, merchant, serial } = decode(stored)?;
        Ok(Self {
            number: known(stored, "number", CardNumber::parse(&code, &number))?,
            merchant: stored_appid(stored, "merchant", &merchant)?,
            serial: known(stored, "serial", Serial::parse(&serial))?,
        })
    }
}
