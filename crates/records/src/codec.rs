//! Domain values as JSON text, and back.

use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Stored;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) fn encode(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).expect("stored shapes have text keys and no floats")
}

pub(crate) fn decode<S: DeserializeOwned>(stored: &Stored) -> Result<S, StoreError> {
    serde_json::from_str(stored.body.text()).map_err(|error| damaged(stored, error))
}

pub(crate) fn damaged(stored: &Stored, why: impl ToString) -> StoreError {
    StoreError::Damaged { key: stored.key.clone(), why: why.to_string() }
}

/// A value that a stored shape's text stands for, or Corrupt naming the member.
pub(crate) fn known<T>(stored: &Stored, member: &str, value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| damaged(stored, format!("{member} holds an unknown value")))
}

pub(crate) fn stored_appid(stored: &Stored, member: &str, text: &str) -> Result<AppId, StoreError> {
    known(stored, member, AppId::parse(text))
}

pub(crate) const fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_millis(ms)
}
