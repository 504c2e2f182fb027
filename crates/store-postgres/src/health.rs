//! Whether the database takes what is written: the newest failure, until a write has succeeded again. Without requests
//! the lease's renewal is that write, each 5 s.

use kaipiao_ports::errors::StoreError;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(crate) struct Health {
    failure: Mutex<Option<StoreError>>,
}

impl Health {
    /// A write has succeeded, or failed for the store's own reasons.
    pub(crate) fn note(&self, failure: Option<&StoreError>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure.cloned();
    }

    /// The newest failure that no success has followed.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
