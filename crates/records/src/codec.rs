//! Domain values as JSON text, and back.

use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_ports::store::{ReadError, Stored};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) fn encode(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).expect("stored shapes have text keys and no floats")
}

pub(crate) fn decode<S: DeserializeOwned>(stored: &Stored) -> Result<S, ReadError> {
    serde_json::from_str(&stored.body).map_err(|error| corrupt(stored, error))
}

pub(crate) fn corrupt(stored: &Stored, why: impl ToString) -> ReadError {
    ReadError::Corrupt { key: stored.key.clone(), why: why.to_string() }
}

/// A value that a stored shape's text stands for, or Corrupt naming the member.
pub(crate) fn known<T>(stored: &Stored, member: &str, value: Option<T>) -> Result<T, ReadError> {
    value.ok_or_else(|| corrupt(stored, format!("{member} holds an unknown value")))
}

pub(crate) fn stored_appid(stored: &Stored, member: &str, text: &str) -> Result<AppId, ReadError> {
    known(stored, member, AppId::parse(text))
}

pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_millis(ms)
}
