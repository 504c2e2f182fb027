//! What is forgotten, and when.

use super::bounds::{self, Bounded};
use core::time::Duration;
use kaipiao_app::settings::RetentionSettings;
use serde::Deserialize;

/// A hundred years.
const MAX_DAYS: u64 = 36_525;

/// `[retention]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days.
    pub pushes_d: u64,
    /// Days.
    pub failed_jobs_d: u64,
    /// Days.
    pub messages_d: u64,
    /// Days.
    pub unused_orders_d: u64,
    /// Days.
    pub unpaid_payments_d: u64,
    /// Days.
    pub unattached_pdfs_d: u64,
}

impl Retention {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([
            ("retention.pushes_d", self.pushes_d, 0..=MAX_DAYS),
            ("retention.failed_jobs_d", self.failed_jobs_d, 0..=MAX_DAYS),
            ("retention.messages_d", self.messages_d, 0..=MAX_DAYS),
            ("retention.unused_orders_d", self.unused_orders_d, 0..=MAX_DAYS),
            ("retention.unpaid_payments_d", self.unpaid_payments_d, 1..=MAX_DAYS),
            ("retention.unattached_pdfs_d", self.unattached_pdfs_d, 1..=MAX_DAYS),
        ])
    }

    /// The same as durations.
    pub fn settings(&self) -> RetentionSettings {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
        RetentionSettings {
            pushes: days(self.pushes_d),
            failed_jobs: days(self.failed_jobs_d),
            messages: days(self.messages_d),
            unused_orders: days(self.unused_orders_d),
            unpaid_payments: days(self.unpaid_payments_d),
            unattached_pdfs: days(self.unattached_pdfs_d),
        }
    }
}
