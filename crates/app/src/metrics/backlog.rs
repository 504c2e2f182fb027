//! How much work is open, and how far behind the workers are, as the store was last found to have it.

use super::terms::SOUND;
use core::time::Duration;
use kaipiao_ports::delivery::claims::Queue;
use prometheus::{
    GaugeVec, IntGaugeVec, Registry, register_gauge_vec_with_registry,
    register_int_gauge_vec_with_registry,
};
use std::time::Instant;
use tokio::sync::Mutex;

/// Every queue's, of the whole store.
pub(crate) struct BacklogMetrics {
    open: IntGaugeVec,
    oldest_due: GaugeVec,
    /// When the newest look has ended; held by whoever looks.
    pub(crate) looked_at: Mutex<Option<Instant>>,
}

impl BacklogMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let open = register_int_gauge_vec_with_registry!(
            "kaipiao_queue_open",
            "Pushes and jobs of the whole store that are not over, due or not, counted to 10000; up to 2 s old",
            &["queue"],
            registry
        );
        let oldest_due = register_gauge_vec_with_registry!(
            "kaipiao_queue_oldest_due_seconds",
            "For how long the oldest push or job of the whole store is due that no node has claimed, 0 without one; up to 2 s old",
            &["queue"],
            registry
        );
        Self {
            open: open.expect(SOUND),
            oldest_due: oldest_due.expect(SOUND),
            looked_at: Mutex::default(),
        }
    }

    /// Shows what a look has found.
    pub(crate) fn show(&self, queue: Queue, open: usize, oldest_due: Duration) {
        let open = i64::try_from(open).unwrap_or(i64::MAX);
        self.open.with_label_values(&[queue.name()]).set(open);
        self.oldest_due.with_label_values(&[queue.name()]).set(oldest_due.as_secs_f64());
    }

    /// Shows nothing rather than what was.
    pub(crate) fn hide(&self) {
        self.open.reset();
        self.oldest_due.reset();
    }
}
