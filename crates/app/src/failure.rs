//! Why a use case gave no answer.

use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_records::record::Damaged;

/// A refusal, which the caller can do something about, or a fault on this side, which it cannot: -1
/// on the wire, and the text is for the log only. Only what is [`Failure::Away`] or
/// [`Failure::Overloaded`] may go better a moment later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The contract says no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// More is waiting than is taken.
    #[error("overloaded: {0}")]
    Overloaded(String),
    /// The store is away.
    #[error("{0}")]
    Away(String),
    /// A record that is there cannot be read, or one that must be there is missing.
    #[error("{0}")]
    Unreadable(Damaged),
    /// Something else that is stored, or a part of this program, is not as it must be.
    #[error("{0}")]
    Damaged(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded(error.to_string()),
            StoreError::Away(_) => Self::Away(error.to_string()),
            StoreError::Damaged { key, why } => Self::Unreadable(Damaged { key, why }),
            StoreError::Refused(_) => Self::Damaged(error.to_string()),
        }
    }
}

impl From<CommitError> for Failure {
    /// A conflict that reaches this place means that others keep changing the record: 72036.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::Refused(Refusal::plain(ErrorCode::InvoiceBusy)),
            CommitError::Store(error) => error.into(),
        }
    }
}
