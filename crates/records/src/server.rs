//! What the server keeps about itself.

use crate::codec::{decode, encode};
use crate::record::Record;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// The key of a fact that the server keeps about itself.
pub fn server_key(name: &str) -> Key {
    Key { kind: Kind::Server, owner: String::new(), id: name.to_owned() }
}

/// How far the sandbox's clock runs ahead, in seconds; stored, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// Seconds ahead of the machine's clock.
    pub ahead_s: u64,
}

impl ClockOffset {
    /// Its key.
    pub fn key() -> Key {
        server_key("clock_offset")
    }
}

impl Record for ClockOffset {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}

/// The server key and the mode that the store was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreMetadata {
    /// `Keys::fingerprint`: another server key could not check this store's secrets.
    pub key_fingerprint: String,
    /// "sandbox" or "production": a sandbox's accounts never turn into production's.
    pub mode: String,
}

impl StoreMetadata {
    /// Its key.
    pub fn key() -> Key {
        server_key("store_metadata")
    }
}

impl Record for StoreMetadata {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}

/// The name that the store has in its folder of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesOwner {
    /// 32 hexadecimal digits, made by chance.
    pub id: String,
}

impl FilesOwner {
    /// Its key.
    pub fn key() -> Key {
        server_key("files_owner")
    }
}

impl Record for FilesOwner {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}
