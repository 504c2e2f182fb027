//! One check of a callback at a time (D-209).

use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_errcode::ErrorCode;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The accounts whose callbacks this node is checking.
#[derive(Default)]
pub(crate) struct ChecksUnderWay(Mutex<HashSet<AppId>>);

/// A check under way; it ends when this is dropped.
pub(crate) struct UnderWay<'a> {
    all: &'a ChecksUnderWay,
    account: AppId,
}

impl ChecksUnderWay {
    fn all(&self) -> MutexGuard<'_, HashSet<AppId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one: 45011 while another of the same callback is under way.
    pub(crate) fn begin(&self, account: &AppId) -> Result<UnderWay<'_>, Refusal> {
        if !self.all().insert(account.clone()) {
            let detail = "a check of this callback is under way, wait for its answer";
            return Err(Refusal::new(ErrorCode::MinuteQuotaReached, detail));
        }
        Ok(UnderWay { all: self, account: account.clone() })
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.all.all().remove(&self.account);
    }
}
