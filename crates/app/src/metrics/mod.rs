//! What an operator watches: metrics in Prometheus's text, and the last day by the minute.
//!
//! They belong to one app, never to the process: a process may have several. Whoever counts holds a
//! handle that was made at the start, and adds to atomics; what others hold already (a queue's length, a pool's
//! places) is read when somebody asks.

mod backlog;
pub mod history;
mod queues;
mod terms;
mod work;

pub(crate) use backlog::BacklogMetrics;
pub(crate) use queues::QueueMetrics;
pub(crate) use work::{IssuerSays, PushResult, WorkMetrics};

use self::terms::SOUND;
use history::{Event, History};
use kaipiao_domain::Timestamp;
use kaipiao_ports::metrics::{count, number, reading};
use kaipiao_ports::request_log::RequestLog;
use prometheus::core::Collector;
use prometheus::{Registry, TextEncoder, register_int_gauge_with_registry};
use std::sync::Arc;

/// The metrics of an app.
pub struct Metrics {
    registry: Registry,
    started: Timestamp,
    history: History,
    pub(crate) backlog: BacklogMetrics,
    pub(crate) queues: QueueMetrics,
    pub(crate) work: WorkMetrics,
}

impl Metrics {
    pub(crate) fn new(started: Timestamp) -> Self {
        let registry = Registry::new();
        let start = register_int_gauge_with_registry!(
            "kaipiao_start_time_seconds",
            "When this server started, in Unix time",
            registry
        );
        start.expect(SOUND).set(started.unix_seconds());
        Self {
            started,
            history: History::default(),
            backlog: BacklogMetrics::new(&registry),
            queues: QueueMetrics::new(&registry),
            work: WorkMetrics::new(&registry),
            registry,
        }
    }

    /// When this process began to count.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// Where each layer registers what it counts, once for each app.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Registers metrics that an adapter counts by itself.
    pub fn register_all(&self, collectors: Vec<Box<dyn Collector>>) {
        for collector in collectors {
            self.registry.register(collector).expect(SOUND);
        }
    }

    /// Registers a number that is read when somebody asks.
    pub fn register_reading(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.register_all(vec![reading(name, help, read)]);
    }

    /// Registers what the request log leaves out, and what waits for it.
    pub(crate) fn register_request_log(&self, log: &Arc<dyn RequestLog>) {
        let dropping = Arc::clone(log);
        self.register_all(vec![count(
            "kaipiao_request_log_dropped_total",
            "Requests that the request log left out, since they came faster than it is written",
            move || dropping.dropped(),
        )]);
        let queue = Arc::clone(log);
        self.register_reading(
            "kaipiao_request_log_queued",
            "Requests that wait to be written to the request log",
            move || number(queue.queued()),
        );
    }

    pub(crate) fn note(&self, real_now: Timestamp, event: Event) {
        self.work.note_event(event);
        self.history.note(real_now, event);
    }

    /// The last day by the minute.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// All of it in Prometheus's text format, version 0.0.4.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
