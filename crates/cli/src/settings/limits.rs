//! Limits of size, time and number.

use super::bounds::{self, Bounded, HOUR_MS};
use serde::Deserialize;

/// `[limits]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes.
    pub body_bytes: usize,
    /// Milliseconds.
    pub body_timeout_ms: u64,
    /// Milliseconds.
    pub header_timeout_ms: u64,
    /// Milliseconds without progress.
    pub answer_timeout_ms: u64,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one address.
    pub connections_per_address: usize,
    /// Commits that may wait.
    pub commit_queue: usize,
    /// Reads at once.
    pub store_readers: usize,
    /// Milliseconds.
    pub shutdown_ms: u64,
    /// Milliseconds.
    pub unready_ms: u64,
}

impl Limits {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        let count = bounds::count;
        let of_one = count(self.connections_per_address);
        bounds::of([
            ("limits.body_bytes", count(self.body_bytes), 1..=64 * 1024 * 1024),
            ("limits.body_timeout_ms", self.body_timeout_ms, 1..=HOUR_MS),
            ("limits.header_timeout_ms", self.header_timeout_ms, 1..=HOUR_MS),
            ("limits.answer_timeout_ms", self.answer_timeout_ms, 1..=HOUR_MS),
            ("limits.connections", count(self.connections), 1..=1_000_000),
            ("limits.connections_per_address", of_one, 1..=1_000_000),
            ("limits.commit_queue", count(self.commit_queue), 1..=1_000_000),
            ("limits.store_readers", count(self.store_readers), 1..=256),
            ("limits.shutdown_ms", self.shutdown_ms, 0..=HOUR_MS),
            ("limits.unready_ms", self.unready_ms, 0..=HOUR_MS),
        ])
    }
}
