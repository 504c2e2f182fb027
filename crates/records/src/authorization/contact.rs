//! Merchants' contacts.

use crate::codec::{decode, encode};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A merchant's contact's key.
pub fn contact_key(merchant: &AppId) -> Key {
    Key { kind: Kind::Contact, owner: merchant.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct ContactShape {
    phone: String,
    time_out: i64,
}

impl Record for Contact {
    const KIND: Kind = Kind::Contact;

    fn encode(&self) -> String {
        encode(&ContactShape { phone: self.phone.clone(), time_out: self.time_out })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let ContactShape { phone, time_out } = decode(stored)?;
        Ok(Self { phone, time_out })
    }
}
