//! What the server keeps about itself.

use crate::codec::{decode, encode};
use crate::record::Record;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::{ClockCourse, ClockRate};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// The key of a fact that the server keeps about itself.
pub fn server_key(name: &str) -> Key {
    Key { kind: Kind::Server, owner: String::new(), id: name.to_owned() }
}

/// How the sandbox's clock goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredClock", into = "StoredClock")]
pub struct ClockSetting {
    /// From a base, at a rate.
    pub course: ClockCourse,
    /// How often it was changed: of two settings that a node reads, the later one has more.
    pub changes: u64,
}

/// [`ClockSetting`] as it is stored. Before a clock had a rate, its store kept only how far it ran ahead.
#[derive(Serialize, Deserialize)]
struct StoredClock {
    #[serde(default, skip_serializing)]
    ahead_s: u64,
    #[serde(default)]
    shown_ms: i64,
    #[serde(default)]
    real_ms: i64,
    #[serde(default = "real_rate")]
    rate_thousandths: u32,
    #[serde(default)]
    changes: u64,
}

fn real_rate() -> u32 {
    ClockRate::REAL.thousandths()
}

impl From<StoredClock> for ClockSetting {
    fn from(stored: StoredClock) -> Self {
        let shown = Timestamp::from_unix_millis(stored.shown_ms);
        let course = ClockCourse {
            shown: shown + Duration::from_secs(stored.ahead_s),
            real: Timestamp::from_unix_millis(stored.real_ms),
            rate: ClockRate::from_thousandths(stored.rate_thousandths).unwrap_or(ClockRate::REAL),
        };
        Self { course, changes: stored.changes }
    }
}

impl From<ClockSetting> for StoredClock {
    fn from(ClockSetting { course, changes }: ClockSetting) -> Self {
        Self {
            ahead_s: 0,
            shown_ms: course.shown.unix_millis(),
            real_ms: course.real.unix_millis(),
            rate_thousandths: course.rate.thousandths(),
            changes,
        }
    }
}

impl ClockSetting {
    /// Its key; it keeps the name that it had when it was an offset.
    pub fn key() -> Key {
        server_key("clock_offset")
    }
}

impl Record for ClockSetting {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}

/// How often a store whose randomness follows from a seed was opened: each run draws what no earlier one has drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededRuns {
    /// This run included.
    pub count: u64,
}

impl SeededRuns {
    /// Its key.
    pub fn key() -> Key {
        server_key("seeded_runs")
    }
}

impl Record for SeededRuns {
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

/// The resets of single accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountResets {
    /// The account whose reset has begun, by its appid, until nothing of it is left to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<String>,
    /// How many have begun: whoever reads for a while sees by it whether one came in between.
    pub count: u64,
}

impl AccountResets {
    /// Its key.
    pub fn key() -> Key {
        server_key("account_resets")
    }
}

impl Record for AccountResets {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        decode(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_a_store_from_before_it_had_a_rate_runs_ahead_as_it_did() {
        let read: ClockSetting = serde_json::from_str(r#"{"ahead_s":7}"#).unwrap();
        let now = Timestamp::from_unix_millis(1_700_000_000_000);
        assert_eq!(read.course.at(now), now + Duration::from_secs(7));
    }
}
