//! What a store counts of its commits, under the same names whichever store it is.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge};

/// Bounds of how many changes share a transaction.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Bounds of waits and transactions, in seconds: from a disk that answers from its own memory to the limits of time.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0];

/// Counters of group commits. A clone counts into the same ones.
#[derive(Clone, Debug)]
pub struct CommitMetrics {
    /// Changes that shared a transaction, of each transaction.
    pub group_size: Histogram,
    /// Seconds from the moment at which a change was queued to its group's beginning, of each change.
    pub wait: Histogram,
    /// Seconds that a group's transaction took, a failed one's too.
    pub duration: Histogram,
    /// Changes that wait for a writer.
    pub queued: IntGauge,
    /// Changes that were not made because what they expected was not so.
    pub conflicts: IntCounter,
    /// Transactions that failed for the store's own reasons.
    pub failures: IntCounter,
}

impl Default for CommitMetrics {
    fn default() -> Self {
        let histogram = |name: &str, help: &str, bounds: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
            Histogram::with_opts(options).expect(WELL_FORMED)
        };
        let counter = |name: &str, help: &str| IntCounter::new(name, help).expect(WELL_FORMED);
        Self {
            group_size: histogram(
                "kaipiao_commit_group_size",
                "Changes that shared one transaction",
                &SIZES,
            ),
            wait: histogram(
                "kaipiao_commit_wait_seconds",
                "How long changes waited until their transaction began",
                &SECONDS,
            ),
            duration: histogram(
                "kaipiao_commit_duration_seconds",
                "How long transactions took, from their beginning until they were on disk",
                &SECONDS,
            ),
            queued: IntGauge::new("kaipiao_commit_queue_length", "Changes that wait for a writer")
                .expect(WELL_FORMED),
            conflicts: counter(
                "kaipiao_commit_conflicts_total",
                "Changes that were not made because somebody else was faster",
            ),
            failures: counter(
                "kaipiao_commit_failures_total",
                "Transactions that failed for the store's own reasons",
            ),
        }
    }
}

const WELL_FORMED: &str = "names and bounds are well-formed";

impl CommitMetrics {
    /// All of them, to be registered.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(self.group_size.clone()),
            Box::new(self.wait.clone()),
            Box::new(self.duration.clone()),
            Box::new(self.queued.clone()),
            Box::new(self.conflicts.clone()),
            Box::new(self.failures.clone()),
        ]
    }
}

/// A number that is read when somebody asks for the metrics.
pub fn reading(
    name: &str,
    help: &str,
    read: impl Fn() -> f64 + Send + Sync + 'static,
) -> Box<dyn Collector> {
    Box::new(prometheus::PullingGauge::new(name, help, Box::new(read)).expect(WELL_FORMED))
}

/// A count since the start that somebody else keeps, read when somebody asks for the metrics.
pub fn count(
    name: &str,
    help: &str,
    read: impl Fn() -> u64 + Send + Sync + 'static,
) -> Box<dyn Collector> {
    let described = IntCounter::new(name, help).expect(WELL_FORMED);
    let (name, help) = (name.to_owned(), help.to_owned());
    Box::new(Count { described, name, help, read })
}

/// A counter that is made anew for each who asks.
struct Count<F> {
    described: IntCounter,
    name: String,
    help: String,
    read: F,
}

impl<F: Fn() -> u64 + Send + Sync> Collector for Count<F> {
    fn desc(&self) -> Vec<&Desc> {
        self.described.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let counter = IntCounter::new(&*self.name, &*self.help).expect(WELL_FORMED);
        counter.inc_by((self.read)());
        counter.collect()
    }
}

/// A count as a metric has it; more than anything counts is infinite.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
