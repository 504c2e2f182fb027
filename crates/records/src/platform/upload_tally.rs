//! How much platforms have uploaded that no invoice has.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::platform::upload_tally::{TallyPart, UploadTally};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key of what is counted of a part.
pub fn upload_tally_key(owner: &AppId, part: &TallyPart) -> Key {
    Key { kind: Kind::UploadTally, owner: owner.to_string(), id: part.to_string() }
}

#[derive(Serialize, Deserialize)]
struct UploadTallyShape {
    hours: BTreeMap<i64, u64>,
}

impl Record for UploadTally {
    const KIND: Kind = Kind::UploadTally;

    fn encode(&self) -> String {
        encode(&UploadTallyShape { hours: self.hours.clone() })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: UploadTallyShape = decode(stored)?;
        Ok(Self {
            owner: stored_appid(stored, "the key", &stored.key.owner)?,
            part: known(stored, "the key", TallyPart::parse(&stored.key.id))?,
            hours: shape.hours,
        })
    }

    /// Forgotten with the newest PDF that it counts.
    fn index(&self) -> Index {
        let unused_since_ms = self.newest().map(|newest| newest.unix_millis());
        Index { unused_since_ms, ..Index::default() }
    }
}
