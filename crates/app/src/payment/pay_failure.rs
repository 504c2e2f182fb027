//! Why a pay merchant got no answer.

use crate::failure::Failure;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_ports::errors::StoreError;

/// A refusal, or a fault on this side: SYSTEMERROR on the wire, and the text is for the log only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayFailure {
    /// WeChat Pay says no.
    #[error("{0}")]
    Refused(#[from] PayRefusal),
    /// A fault on this side, or others keep changing the payment.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl PayFailure {
    /// The code that it is answered with.
    pub const fn code(&self) -> PayErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Failed(_) => PayErrorCode::SystemError,
        }
    }
}

impl From<StoreError> for PayFailure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// ORDERNOTEXIST.
pub(crate) fn no_such_payment(name: &str) -> PayRefusal {
    let detail = format!("this pay merchant has no payment of {name}");
    PayRefusal::new(PayErrorCode::OrderNotExist, detail)
}
