//! Invoice numbers, and whose they are.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use crate::server::server_key;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// The key of a place in a merchant's numbers. Within a code it sorts by the place.
pub fn number_key(merchant: &AppId, code: &str, place: u64) -> Key {
    let id = format!("{code}/{place:015}");
    Key { kind: Kind::InvoiceNumber, owner: merchant.to_string(), id }
}

/// Whose invoice a number is: what makes it unique, and what an offset finds the invoice by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberOwner {
    /// The number.
    pub number: InvoiceNumber,
    /// The request that it was issued to.
    pub serial: Serial,
}

impl NumberOwner {
    /// Its key.
    pub fn key(&self, merchant: &AppId) -> Key {
        let (code, place) = self.number.place();
        number_key(merchant, code, place)
    }
}

/// Counts the allotments of ranges, so that of two at the same time one sees the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRegister {
    /// Count of changes so far.
    pub changes: u64,
}

impl NumberRegister {
    /// Its key.
    pub fn key() -> Key {
        server_key("number_register")
    }
}

impl Record for NumberRegister {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}

#[derive(Serialize, Deserialize)]
struct NumberOwnerShape {
    code: String,
    number: String,
    serial: String,
}

impl Record for NumberOwner {
    const KIND: Kind = Kind::InvoiceNumber;

    fn encode(&self) -> String {
        encode(&NumberOwnerShape {
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            serial: self.serial.to_string(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let NumberOwnerShape { code, number, serial } = decode(stored)?;
        Ok(Self {
            number: known(stored, "number", InvoiceNumber::parse(&code, &number))?,
            serial: known(stored, "serial", Serial::parse(&serial))?,
        })
    }
}
