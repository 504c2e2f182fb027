//! Titles, in orders and in title books.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::people::title::{CompanyTitle, CustomValue, InvoiceTitle, PersonalTitle};
use kaipiao_domain::people::user::{BookEntry, UserId};
use kaipiao_ports::store::{Key, Kind, ReadError, Stored};
use serde::{Deserialize, Serialize};

/// A title-book entry's key.
pub fn book_entry_key(user: &UserId, id: &str) -> Key {
    Key { kind: Kind::BookEntry, owner: user.as_str().to_owned(), id: id.to_owned() }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TitleShape {
    Personal(PersonalTitleShape),
    Company(CompanyTitleShape),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PersonalTitleShape {
    title: String,
    phone: String,
    email: String,
    custom: Vec<CustomValueShape>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CompanyTitleShape {
    title: String,
    tax_no: String,
    addr: String,
    phone: String,
    bank_type: String,
    bank_no: String,
    custom: Vec<CustomValueShape>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CustomValueShape {
    key: String,
    value: String,
}

fn custom_values_in(values: &[CustomValue]) -> Vec<CustomValueShape> {
    let shape = |value: &CustomValue| CustomValueShape {
        key: value.key.clone(),
        value: value.value.clone(),
    };
    values.iter().map(shape).collect()
}

fn custom_values_out(shapes: Vec<CustomValueShape>) -> Vec<CustomValue> {
    shapes.into_iter().map(|shape| CustomValue { key: shape.key, value: shape.value }).collect()
}

impl From<&InvoiceTitle> for TitleShape {
    fn from(title: &InvoiceTitle) -> Self {
        match title {
            InvoiceTitle::Personal(title) => Self::Personal(PersonalTitleShape {
                title: title.title.clone(),
                phone: title.phone.clone(),
                email: title.email.clone(),
                custom: custom_values_in(&title.custom),
            }),
            InvoiceTitle::Company(title) => Self::Company(CompanyTitleShape {
                title: title.title.clone(),
                tax_no: title.tax_no.clone(),
                addr: title.addr.clone(),
                phone: title.phone.clone(),
                bank_type: title.bank_type.clone(),
                bank_no: title.bank_no.clone(),
                custom: custom_values_in(&title.custom),
            }),
        }
    }
}

impl From<TitleShape> for InvoiceTitle {
    fn from(shape: TitleShape) -> Self {
        match shape {
            TitleShape::Personal(shape) => Self::Personal(PersonalTitle {
                title: shape.title,
                phone: shape.phone,
                email: shape.email,
                custom: custom_values_out(shape.custom),
            }),
            TitleShape::Company(shape) => Self::Company(CompanyTitle {
                title: shape.title,
                tax_no: shape.tax_no,
                addr: shape.addr,
                phone: shape.phone,
                bank_type: shape.bank_type,
                bank_no: shape.bank_no,
                custom: custom_values_out(shape.custom),
            }),
        }
    }
}

impl Record for BookEntry {
    const KIND: Kind = Kind::BookEntry;

    fn encode(&self) -> String {
        encode(&TitleShape::from(&self.title))
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            id: stored.key.id.clone(),
            title: decode::<TitleShape>(stored)?.into(),
        })
    }
}
