//! Pay merchants.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::delivery::push::Sealed;
use kaipiao_domain::payment::pay_merchant::{LinkedPayMerchant, MchId, PayMerchant, PlatformLink};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A pay merchant's key.
pub fn pay_merchant_key(mchid: &MchId) -> Key {
    Key { kind: Kind::PayMerchant, owner: mchid.to_string(), id: String::new() }
}

/// The key of which pay merchant a merchant has linked.
pub fn linked_pay_merchant_key(merchant: &AppId) -> Key {
    Key { kind: Kind::LinkedPayMerchant, owner: merchant.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct PayMerchantShape {
    name: String,
    sealed_key: String,
    accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sub_merchants: Vec<String>,
    link: Option<PlatformLinkShape>,
}

#[derive(Serialize, Deserialize)]
struct PlatformLinkShape {
    merchant: String,
    s_pappid: String,
}

impl Record for PayMerchant {
    const KIND: Kind = Kind::PayMerchant;

    fn encode(&self) -> String {
        encode(&PayMerchantShape {
            name: self.name.clone(),
            sealed_key: self.key.0.clone(),
            accounts: self.accounts.iter().map(AppId::to_string).collect(),
            sub_merchants: self.sub_merchants.iter().map(MchId::to_string).collect(),
            link: self.link.as_ref().map(|link| PlatformLinkShape {
                merchant: link.merchant.to_string(),
                s_pappid: link.platform.as_str().to_owned(),
            }),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: PayMerchantShape = decode(stored)?;
        let accounts = shape.accounts.iter().map(|text| stored_appid(stored, "accounts", text));
        let sub_merchants = shape.sub_merchants.iter();
        let sub_merchants =
            sub_merchants.map(|text| known(stored, "sub_merchants", MchId::parse(text)));
        let link = shape.link.map(|link| {
            let merchant = stored_appid(stored, "link.merchant", &link.merchant)?;
            Ok(PlatformLink { merchant, platform: PlatformId::from_checked(link.s_pappid) })
        });
        Ok(Self {
            mchid: known(stored, "the key", MchId::parse(&stored.key.owner))?,
            name: shape.name,
            key: Sealed(shape.sealed_key),
            accounts: accounts.collect::<Result<_, _>>()?,
            sub_merchants: sub_merchants.collect::<Result<_, _>>()?,
            link: link.transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct LinkedPayMerchantShape {
    mchid: String,
}

impl Record for LinkedPayMerchant {
    const KIND: Kind = Kind::LinkedPayMerchant;

    fn encode(&self) -> String {
        encode(&LinkedPayMerchantShape { mchid: self.0.to_string() })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let LinkedPayMerchantShape { mchid } = decode(stored)?;
        known(stored, "mchid", MchId::parse(&mchid)).map(Self)
    }
}
