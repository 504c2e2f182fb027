//! Uploaded PDFs.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::{OrderId, OrderKey};
use kaipiao_domain::platform::pdf::{MediaId, PlatformPdf};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A PDF's key.
pub fn platform_pdf_key(owner: &AppId, media_id: &MediaId) -> Key {
    Key { kind: Kind::PlatformPdf, owner: owner.to_string(), id: media_id.to_string() }
}

#[derive(Serialize, Deserialize)]
struct PlatformPdfShape {
    size_bytes: u64,
    uploaded_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attached_to: Option<HolderShape>,
}

#[derive(Serialize, Deserialize)]
struct HolderShape {
    merchant: String,
    order_id: String,
}

impl Record for PlatformPdf {
    const KIND: Kind = Kind::PlatformPdf;

    fn encode(&self) -> String {
        let holder = |OrderKey { merchant, order_id }: &OrderKey| HolderShape {
            merchant: merchant.to_string(),
            order_id: order_id.to_string(),
        };
        encode(&PlatformPdfShape {
            size_bytes: self.size_bytes,
            uploaded_ms: self.uploaded_at.unix_millis(),
            numbers: self.numbers.clone(),
            attached_to: self.attached_to.as_ref().map(holder),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: PlatformPdfShape = decode(stored)?;
        let holder = |HolderShape { merchant, order_id }: HolderShape| {
            Ok::<_, StoreError>(OrderKey {
                merchant: stored_appid(stored, "merchant", &merchant)?,
                order_id: known(stored, "order_id", OrderId::parse(&order_id).ok())?,
            })
        };
        Ok(Self {
            owner: stored_appid(stored, "the key", &stored.key.owner)?,
            media_id: known(stored, "the key", MediaId::parse(&stored.key.id))?,
            size_bytes: shape.size_bytes,
            uploaded_at: at(shape.uploaded_ms),
            numbers: shape.numbers,
            attached_to: shape.attached_to.map(holder).transpose()?,
        })
    }

    /// One that is attached to no invoice is forgotten.
    fn index(&self) -> Index {
        let unused_since_ms = match self.attached_to {
            None => Some(self.uploaded_at.unix_millis()),
            Some(_) => None,
        };
        Index { unused_since_ms, ..Index::default() }
    }
}
