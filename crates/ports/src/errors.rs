//! Why a store did not do what it was asked. The kinds stay apart on the way up: only
//! [`StoreError::Away`] is worth asking again for.

use crate::record::Key;

/// Why nothing was read or done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// More is waiting than the store takes; nothing changed.
    #[error("the store is overloaded")]
    Overloaded,
    /// The store is away. Nothing was acknowledged; whether a change is on disk is not known.
    #[error("the store is unavailable: {0}")]
    Away(String),
    /// A stored body that this version of the program cannot read.
    #[error("{} {}/{} cannot be read: {why}", .key.kind.table(), .key.owner, .key.id)]
    Damaged {
        /// The record.
        key: Key,
        /// What is wrong with it.
        why: String,
    },
    /// The engine refuses this value for good, for instance because it is too large; nothing
    /// changed.
    #[error("the store refused the change: {0}")]
    Refused(String),
}

/// Why a commit did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A save's expectation does not hold; nothing changed. Read again and decide again.
    #[error("{} {}/{} is not as expected", .0.kind.table(), .0.owner, .0.id)]
    Conflict(Key),
    /// The store's own reason.
    #[error(transparent)]
    Store(#[from] StoreError),
}
