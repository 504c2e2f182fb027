//! The request log.

use super::bounds::{self, Bounded};
use core::time::Duration;
use serde::Deserialize;

/// The file beside the store.
pub(crate) const FILE_NAME: &str = "requests.sqlite3";

/// `[request_log]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLogSettings {
    /// Whether requests are logged.
    pub on: bool,
    /// Days.
    pub keep_d: u64,
    /// Mebibytes.
    pub max_mb: u64,
}

/// Ten years.
const MAX_DAYS: u64 = 3653;
/// A tebibyte.
const MAX_MB: u64 = 1 << 20;

impl RequestLogSettings {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([
            ("request_log.keep_d", self.keep_d, 1..=MAX_DAYS),
            ("request_log.max_mb", self.max_mb, 1..=MAX_MB),
        ])
    }

    /// How long a request is kept.
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_d * 86_400)
    }

    /// How many bytes its file has at most.
    pub const fn most_bytes(&self) -> u64 {
        self.max_mb << 20
    }
}
