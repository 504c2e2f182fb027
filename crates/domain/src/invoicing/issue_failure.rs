//! Failures of a try to issue an invoice.

use crate::Refusal;
use kaipiao_errcode::ErrorCode;

/// The reason for which a try failed (D-101).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueFailure {
    /// The issuer says no: its words.
    Refused(String),
    /// The issuer cannot be reached, or answers with a fault of its own.
    Unreachable(String),
    /// The issuer was silent past the limit. It may still have issued: only the same request can
    /// find out.
    Silent,
    /// The issuer's answer cannot be read, or not be trusted.
    Unreadable(String),
}

impl IssueFailure {
    /// Its code on the wire.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(_) => ErrorCode::MakeOutFailed,
            Self::Unreachable(_) => ErrorCode::IssuerError,
            Self::Silent => ErrorCode::IssuerTimeout,
            Self::Unreadable(_) => ErrorCode::IssuerSystemError,
        }
    }

    /// The issuer's words; empty when it had none.
    pub fn words(&self) -> &str {
        match self {
            Self::Refused(words) | Self::Unreachable(words) | Self::Unreadable(words) => words,
            Self::Silent => "",
        }
    }

    /// The refusal that a query of the request is answered with.
    pub(super) fn refusal(&self) -> Refusal {
        Refusal::new(self.code(), self.words())
    }
}
