//! Codes by which pay merchants charge a user without a page: quick pay's `auth_code`, and `contract_id`.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// Whose a code is: a contract, or the digits of a pay code that name its payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerCode(pub UserId);

/// A code's key.
pub fn payer_code_key(code: &str) -> Key {
    Key { kind: Kind::PayerCode, owner: code.to_owned(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct PayerCodeShape {
    user: String,
}

impl Record for PayerCode {
    const KIND: Kind = Kind::PayerCode;

    fn encode(&self) -> String {
        encode(&PayerCodeShape { user: self.0.as_str().to_owned() })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let PayerCodeShape { user } = decode(stored)?;
        known(stored, "user", UserId::parse(&user)).map(Self)
    }
}
