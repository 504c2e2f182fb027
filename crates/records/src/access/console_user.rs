//! Who works with the console.

use crate::codec::{decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole, ConsoleUser, PasswordHash};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A console user's key.
pub fn console_user_key(name: &ConsoleName) -> Key {
    Key { kind: Kind::ConsoleUser, owner: name.to_string(), id: String::new() }
}

#[derive(Serialize, Deserialize)]
struct ConsoleUserShape {
    role: String,
    accounts: Vec<String>,
    password_hash: String,
    disabled: bool,
    sessions: u64,
}

impl Record for ConsoleUser {
    const KIND: Kind = Kind::ConsoleUser;

    fn encode(&self) -> String {
        let bound = self.role.bound_to().into_iter().flatten();
        encode(&ConsoleUserShape {
            role: self.role.name().to_owned(),
            accounts: bound.map(AppId::to_string).collect(),
            password_hash: self.password.0.clone(),
            disabled: self.is_disabled,
            sessions: self.sessions,
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: ConsoleUserShape = decode(stored)?;
        let accounts = shape.accounts.iter().map(|text| stored_appid(stored, "accounts", text));
        let accounts = accounts.collect::<Result<BTreeSet<_>, _>>()?;
        Ok(Self {
            name: known(stored, "the key", ConsoleName::parse(&stored.key.owner))?,
            role: known(stored, "role", ConsoleRole::of(&shape.role, accounts).ok())?,
            password: PasswordHash(shape.password_hash),
            is_disabled: shape.disabled,
            sessions: shape.sessions,
        })
    }
}
