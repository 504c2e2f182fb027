//! Ranges of invoice numbers.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::{Block, NumberRange};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A range's key.
pub fn number_range_key(range: &NumberRange) -> Key {
    let (face, code, first) = (range.face.name(), &range.code, range.first);
    let id = format!("{face}/{code}/{first:015}");
    Key { kind: Kind::NumberRange, owner: range.merchant.to_string(), id }
}

#[derive(Serialize, Deserialize)]
struct RangeShape {
    face: String,
    code: String,
    first: u64,
    last: u64,
    next: u64,
    blocks: Vec<BlockShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unclosed: Vec<BlockShape>,
    #[serde(default)]
    issued: u64,
    #[serde(default)]
    is_automatic: bool,
}

#[derive(Serialize, Deserialize)]
struct BlockShape {
    holder: String,
    first: u64,
    last: u64,
}

impl Record for NumberRange {
    const KIND: Kind = Kind::NumberRange;

    fn encode(&self) -> String {
        let to_shape = |block: &Block| BlockShape {
            holder: block.holder.clone(),
            first: block.first,
            last: block.last,
        };
        encode(&RangeShape {
            face: self.face.name().to_owned(),
            code: self.code.clone(),
            first: self.first,
            last: self.last,
            next: self.next,
            blocks: self.blocks.iter().map(to_shape).collect(),
            unclosed: self.unclosed.iter().map(to_shape).collect(),
            issued: self.issued,
            is_automatic: self.is_automatic,
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: RangeShape = decode(stored)?;
        let to_block = |BlockShape { holder, first, last }| Block { holder, first, last };
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            face: known(stored, "face", Face::from_name(&shape.face))?,
            code: shape.code,
            first: shape.first,
            last: shape.last,
            next: shape.next,
            blocks: shape.blocks.into_iter().map(to_block).collect(),
            unclosed: shape.unclosed.into_iter().map(to_block).collect(),
            issued: shape.issued,
            is_automatic: shape.is_automatic,
        })
    }
}
