//! Invoice numbers, and whose they are.

use crate::codec::{decode, encode, known};
use crate::record::{self, Record};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::{Block, InvoiceNumber};
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use kaipiao_ports::store::{After, Page, Store};
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

/// The numbers of a merchant's block that invoices have, sorted.
pub async fn used_numbers(
    store: &dyn Store,
    merchant: &AppId,
    code: &str,
    block: &Block,
) -> Result<Vec<u64>, StoreError> {
    let before = number_key(merchant, code, block.first - 1);
    let limit = usize::try_from(block.size()).unwrap_or(usize::MAX);
    let mut page = Page::by_key(Kind::InvoiceNumber, Some(before.owner.clone()), limit);
    page.after = Some(After::key(before.owner, before.id));
    let owners: Vec<NumberOwner> = record::list(store, &page).await?;
    let places = owners.iter().map(|owner| owner.number.place());
    let of_block = places.take_while(|(found, place)| *found == code && *place <= block.last);
    Ok(of_block.map(|(_, place)| place).collect())
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
