//! Merchants' taxpayers.

use super::party::PartyShape;
use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::merchant_code::MerchantCode;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A merchant's taxpayer's key.
pub fn taxpayer_key(merchant: &AppId) -> Key {
    Key { kind: Kind::Taxpayer, owner: merchant.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct TaxpayerShape {
    code: String,
    party: PartyShape,
    face: String,
}

impl Record for Taxpayer {
    const KIND: Kind = Kind::Taxpayer;

    fn encode(&self) -> String {
        encode(&TaxpayerShape {
            code: self.code.as_str().to_owned(),
            party: (&self.party).into(),
            face: self.face.name().to_owned(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let TaxpayerShape { code, party, face } = decode(stored)?;
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            code: known(stored, "code", MerchantCode::parse(&code))?,
            party: party.into(),
            face: known(stored, "face", Face::from_name(&face))?,
        })
    }
}
