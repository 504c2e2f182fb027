//! People.

use crate::codec::{decode, encode, known};
use crate::record::Record;
use kaipiao_domain::people::user::{User, UserId};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A user's key.
pub fn user_key(user: &UserId) -> Key {
    Key { kind: Kind::User, owner: user.as_str().to_owned(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct UserShape {
    name: String,
    #[serde(default)]
    default_title: Option<String>,
}

impl Record for User {
    const KIND: Kind = Kind::User;

    fn encode(&self) -> String {
        let default_title = self.default_title.clone();
        encode(&UserShape { name: self.name.clone(), default_title })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let UserShape { name, default_title } = decode(stored)?;
        let id = known(stored, "the key", UserId::parse(&stored.key.owner))?;
        Ok(Self { id, name, default_title })
    }
}
