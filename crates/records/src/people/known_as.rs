//! A user as accounts know them, within other records.

use crate::codec::stored_appid;
use kaipiao_domain::people::user::{KnownAs, OpenId};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Stored;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct KnownAsShape {
    appid: String,
    openid: String,
}

impl KnownAsShape {
    /// The shapes of a list.
    pub(crate) fn all(known: &[KnownAs]) -> Vec<Self> {
        let shape = |one: &KnownAs| Self {
            appid: one.appid.to_string(),
            openid: one.openid.as_str().to_owned(),
        };
        known.iter().map(shape).collect()
    }

    /// What a list of shapes says.
    pub(crate) fn known(shapes: Vec<Self>, stored: &Stored) -> Result<Vec<KnownAs>, StoreError> {
        let known = |Self { appid, openid }: Self| {
            let appid = stored_appid(stored, "paid_as", &appid)?;
            Ok(KnownAs { appid, openid: OpenId::from_checked(openid) })
        };
        shapes.into_iter().map(known).collect()
    }
}
