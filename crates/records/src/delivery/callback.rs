//! Accounts' callbacks.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::{Callback, PushMode, Sealed};
use kaipiao_domain::delivery::push_format::PushFormat;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// The key of where an account receives its pushes.
pub fn callback_key(appid: &AppId) -> Key {
    Key { kind: Kind::Callback, owner: appid.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct CallbackShape {
    url: String,
    mode: String,
    sealed_token: String,
    sealed_aes_key: Option<String>,
    /// Left out for XML, as before there was another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    /// Left out where it stands in for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stands_in_for: Option<Box<Self>>,
}

impl CallbackShape {
    fn of(callback: &Callback) -> Self {
        let format = callback.format;
        Self {
            url: callback.url.clone(),
            mode: callback.mode.name().to_owned(),
            sealed_token: callback.token.0.clone(),
            sealed_aes_key: callback.aes_key.as_ref().map(|sealed| sealed.0.clone()),
            format: (format != PushFormat::Xml).then(|| format.name().to_owned()),
            stands_in_for: callback.stands_in_for.as_ref().map(|before| Box::new(Self::of(before))),
        }
    }

    fn callback(self, stored: &Stored) -> Result<Callback, StoreError> {
        let before = self.stands_in_for.map(|before| before.callback(stored)).transpose()?;
        Ok(Callback {
            url: self.url,
            mode: known(stored, "mode", PushMode::from_name(&self.mode))?,
            format: match self.format {
                None => PushFormat::Xml,
                Some(name) => known(stored, "format", PushFormat::from_name(&name))?,
            },
            token: Sealed(self.sealed_token),
            aes_key: self.sealed_aes_key.map(Sealed),
            stands_in_for: before.map(Box::new),
        })
    }
}

impl Record for Callback {
    const KIND: Kind = Kind::Callback;

    fn encode(&self) -> String {
        encode(&CallbackShape::of(self))
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode::<CallbackShape>(stored)?.callback(stored)
    }
}
