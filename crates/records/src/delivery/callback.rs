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
}

impl Record for Callback {
    const KIND: Kind = Kind::Callback;

    fn encode(&self) -> String {
        encode(&CallbackShape {
            url: self.url.clone(),
            mode: self.mode.name().to_owned(),
            sealed_token: self.token.0.clone(),
            sealed_aes_key: self.aes_key.as_ref().map(|sealed| sealed.0.clone()),
            format: (self.format != PushFormat::Xml).then(|| self.format.name().to_owned()),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: CallbackShape = decode(stored)?;
        Ok(Self {
            url: shape.url,
            mode: known(stored, "mode", PushMode::from_name(&shape.mode))?,
            format: match shape.format {
                None => PushFormat::Xml,
                Some(name) => known(stored, "format", PushFormat::from_name(&name))?,
            },
            token: Sealed(shape.sealed_token),
            aes_key: shape.sealed_aes_key.map(Sealed),
        })
    }
}
