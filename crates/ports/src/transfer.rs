//! What moves from one engine to another: everything as it is, versions and histories included. Claims, and what an
//! engine keeps to find things by, do not move.

use crate::delivery::outbox::{Attempt, Push};
use crate::record::{Index, Stored};

/// A record, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedRecord {
    /// The record with its version.
    pub stored: Stored,
    /// As its newest save said; the time as its first one did.
    pub index: Index,
}

/// A push with its history. Whether an open one is ready or waits is for the engine that it moves to: the first of
/// each ordering key is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedPush {
    /// The push.
    pub push: Push,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
}
