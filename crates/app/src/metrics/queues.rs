//! How much stands in the queues of pushes and of issuing, as this node's workers know it.

use super::terms::SOUND;
use kaipiao_ports::delivery::claims::Queue;
use prometheus::{IntGauge, IntGaugeVec, Registry, register_int_gauge_vec_with_registry};

/// Every queue's.
pub(crate) struct QueueMetrics([QueueGauges; Queue::ALL.len()]);

/// What a worker knows of its queue. Turns are accounts, each with where its work goes.
pub(crate) struct QueueGauges {
    /// Turns with work that is due.
    pub due: IntGauge,
    /// Those of them whose newest work failed.
    pub due_failing: IntGauge,
    /// Turns whose next work is due later.
    pub later: IntGauge,
    /// Pieces of work that hold one of the places.
    pub places_in_use: IntGauge,
    /// Pieces of work under way, their reports included.
    pub under_way: IntGauge,
}

impl QueueMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            register_int_gauge_vec_with_registry!(name, help, labels, registry).expect(SOUND)
        };
        let turns = gauges(
            "kaipiao_queue_turns",
            "Accounts and destinations with work in a queue, as this node knows them: due, due after a failure, or due later",
            &["queue", "state"],
        );
        let places = gauges(
            "kaipiao_queue_places_in_use",
            "Pieces of a queue's work that burden a receiver or an issuer at this moment",
            &["queue"],
        );
        let under_way = gauges(
            "kaipiao_queue_under_way",
            "Pieces of a queue's work that this node has claimed and not yet reported",
            &["queue"],
        );
        let of = |queue: Queue| QueueGauges {
            due: state(&turns, queue, "due"),
            due_failing: state(&turns, queue, "due_failing"),
            later: state(&turns, queue, "later"),
            places_in_use: places.with_label_values(&[queue.name()]),
            under_way: under_way.with_label_values(&[queue.name()]),
        };
        Self(Queue::ALL.map(of))
    }

    pub(crate) fn of(&self, queue: Queue) -> &QueueGauges {
        &self.0[queue as usize]
    }
}

fn state(turns: &IntGaugeVec, queue: Queue, state: &str) -> IntGauge {
    turns.with_label_values(&[queue.name(), state])
}

impl QueueGauges {
    /// Shows what a worker knows at this moment.
    pub(crate) fn show(&self, counts: [(&IntGauge, usize); 5]) {
        for (gauge, count) in counts {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
