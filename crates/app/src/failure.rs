//! Why a use case gave no answer.

use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::store::{CommitError, ReadError};

/// A refusal, which the caller can do something about, or a store that is away, which it cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The contract says no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Overload, or the store is away: -1 on the wire. The text is for the log only.
    #[error("{0}")]
    Unavailable(String),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<CommitError> for Failure {
    /// A conflict that reaches this place means that others keep changing the record: 72036.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::Refused(Refusal::plain(ErrorCode::InvoiceBusy)),
            CommitError::Overloaded | CommitError::Unavailable(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
