//! Titles, in orders and in title books.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::people::title::{CustomValue, InvoiceTitle, TitleSide};
use kaipiao_domain::people::user::{BookEntry, UserId};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A title-book entry's key.
pub fn book_entry_key(user: &UserId, id: &str) -> Key {
    Key { kind: Kind::BookEntry, owner: user.as_str().to_owned(), id: id.to_owned() }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TitleShape {
    side: String,
    /// By the fields' names; those that are empty are left out.
    values: BTreeMap<String, String>,
    custom: Vec<CustomValueShape>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CustomValueShape {
    key: String,
    value: String,
}

fn custom_values_in(values: &[CustomValue]) -> Vec<CustomValueShape> {
    let to_shape = |value: &CustomValue| CustomValueShape {
        key: value.key.clone(),
        value: value.value.clone(),
    };
    values.iter().map(to_shape).collect()
}

fn custom_values_out(shapes: Vec<CustomValueShape>) -> Vec<CustomValue> {
    shapes.into_iter().map(|shape| CustomValue { key: shape.key, value: shape.value }).collect()
}

impl From<&InvoiceTitle> for TitleShape {
    fn from(title: &InvoiceTitle) -> Self {
        let given = title.values().filter(|(_, value)| !value.is_empty());
        Self {
            side: title.side().name().to_owned(),
            values: given.map(|(field, value)| (field.name().into(), value.into())).collect(),
            custom: custom_values_in(&title.custom),
        }
    }
}

impl TitleShape {
    pub(crate) fn title(self, stored: &Stored) -> Result<InvoiceTitle, StoreError> {
        let side = TitleSide::ALL.into_iter().find(|side| side.name() == self.side);
        let side = known(stored, "side", side)?;
        let mut title = InvoiceTitle::new(side);
        for (name, value) in self.values {
            title = title.with(known(stored, "values", side.field(&name))?, value);
        }
        title.custom = custom_values_out(self.custom);
        Ok(title)
    }
}

impl Record for BookEntry {
    const KIND: Kind = Kind::BookEntry;

    fn encode(&self) -> String {
        encode(&TitleShape::from(&self.title))
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            id: stored.key.id.clone(),
            title: decode::<TitleShape>(stored)?.title(stored)?,
        })
    }
}
