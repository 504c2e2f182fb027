//! An account's tokens of one family.

use crate::codec::{at, decode, encode};
use crate::record::Record;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::quota::QuotaClears;
use kaipiao_domain::access::token::{
    Family, ForcedRefreshes, IssuedToken, Superseded, TokenFamily,
};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A token family's key.
pub fn token_family_key(appid: &AppId, family: Family) -> Key {
    Key { kind: Kind::TokenFamily, owner: appid.to_string(), id: family.name().to_owned() }
}

#[derive(Serialize, Deserialize)]
struct TokenFamilyShape {
    current: Option<IssuedShape>,
    superseded: Vec<SupersededShape>,
    forced_day: i64,
    forced_count: u32,
    forced_last_ms: Option<i64>,
    #[serde(default)]
    cleared_month: i64,
    #[serde(default)]
    cleared_count: u32,
    #[serde(default)]
    path_cleared_month: i64,
    #[serde(default)]
    path_cleared_count: u32,
}

#[derive(Serialize, Deserialize)]
struct IssuedShape {
    serial: u64,
    issued_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct SupersededShape {
    token: IssuedShape,
    until_ms: i64,
}

impl From<IssuedToken> for IssuedShape {
    fn from(token: IssuedToken) -> Self {
        Self { serial: token.serial, issued_at_ms: token.issued_at.unix_millis() }
    }
}

impl From<IssuedShape> for IssuedToken {
    fn from(shape: IssuedShape) -> Self {
        Self { serial: shape.serial, issued_at: at(shape.issued_at_ms) }
    }
}

impl Record for TokenFamily {
    const KIND: Kind = Kind::TokenFamily;

    fn encode(&self) -> String {
        let to_shape = |older: &Superseded| SupersededShape {
            token: older.token.into(),
            until_ms: older.until.unix_millis(),
        };
        encode(&TokenFamilyShape {
            current: self.current.map(IssuedShape::from),
            superseded: self.superseded.iter().map(to_shape).collect(),
            forced_day: self.forced.day,
            forced_count: self.forced.count,
            forced_last_ms: self.forced.last.map(Timestamp::unix_millis),
            cleared_month: self.clears.month,
            cleared_count: self.clears.count,
            path_cleared_month: self.path_clears.month,
            path_cleared_count: self.path_clears.count,
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: TokenFamilyShape = decode(stored)?;
        let to_superseded = |older: SupersededShape| Superseded {
            token: older.token.into(),
            until: at(older.until_ms),
        };
        Ok(Self {
            current: shape.current.map(IssuedToken::from),
            superseded: shape.superseded.into_iter().map(to_superseded).collect(),
            forced: ForcedRefreshes {
                day: shape.forced_day,
                count: shape.forced_count,
                last: shape.forced_last_ms.map(at),
            },
            clears: QuotaClears { month: shape.cleared_month, count: shape.cleared_count },
            path_clears: QuotaClears {
                month: shape.path_cleared_month,
                count: shape.path_cleared_count,
            },
        })
    }
}
