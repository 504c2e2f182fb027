//! Invoice codes, and who was allotted which of their numbers.

use crate::codec::{decode, encode, stored_appid};
use crate::record::{self, Record};
use kaipiao_domain::invoicing::number_code::{Allotment, NumberCode};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use kaipiao_ports::store::{After, Page, PageOrder, Store};
use serde::{Deserialize, Serialize};

/// A code's key.
pub fn number_code_key(code: &str) -> Key {
    Key { kind: Kind::NumberCode, owner: String::new(), id: code.to_owned() }
}

/// The key of the allotment that begins with a number.
pub fn allotment_key(code: &str, first: u64) -> Key {
    Key { kind: Kind::NumberCode, owner: code.to_owned(), id: format!("{first:015}") }
}

/// The last of a code's allotments that begins at a number or before it: as allotments share no
/// numbers, nobody else can have it.
pub async fn allotment_at(
    store: &dyn Store,
    code: &str,
    number: u64,
) -> Result<Option<Allotment>, StoreError> {
    let behind = allotment_key(code, number + 1);
    let page = Page {
        after: Some(After::key(behind.owner.clone(), behind.id)),
        order: PageOrder::Descending,
        ..Page::by_key(Kind::NumberCode, Some(behind.owner), 1)
    };
    Ok(record::list(store, &page).await?.pop())
}

#[derive(Serialize, Deserialize)]
struct CodeShape {
    highest: u64,
}

impl Record for NumberCode {
    const KIND: Kind = Kind::NumberCode;

    fn encode(&self) -> String {
        encode(&CodeShape { highest: self.highest })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let CodeShape { highest } = decode(stored)?;
        Ok(Self { code: stored.key.id.clone(), highest })
    }
}

#[derive(Serialize, Deserialize)]
struct AllotmentShape {
    merchant: String,
    first: u64,
    last: u64,
}

impl Record for Allotment {
    const KIND: Kind = Kind::NumberCode;

    fn encode(&self) -> String {
        let (first, last) = (self.first, self.last);
        encode(&AllotmentShape { merchant: self.merchant.to_string(), first, last })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let AllotmentShape { merchant, first, last } = decode(stored)?;
        let merchant = stored_appid(stored, "merchant", &merchant)?;
        Ok(Self { merchant, code: stored.key.owner.clone(), first, last })
    }
}
