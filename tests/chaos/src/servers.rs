//! The servers of a series as they come and go, and the merchant's server that they push to.

use crate::cluster::{Cluster, Node};
use crate::deliveries::Deliveries;
use crate::listings::is_busy;
use crate::whole::repeated;
use kaipiao_tests::{MERCHANT, poll_within};
use std::time::Duration;

/// The default of push.per_account: pushes that the end of a process can make go out twice.
pub const UNDER_WAY: usize = 4;

/// Processes over one store.
pub struct Servers {
    /// How they are started.
    pub cluster: Cluster,
    /// The merchant's server.
    pub deliveries: Deliveries,
    /// Those that run, or have just been ended.
    pub nodes: Vec<Node>,
    /// How many pushes may arrive again: before any end of a process, after the first, and so on.
    may_repeat: Vec<usize>,
}

impl Servers {
    /// Starts them over a new store.
    pub fn start(cluster: Cluster) -> Self {
        let deliveries = Deliveries::start();
        let nodes = vec![cluster.start()];
        let callback = format!("accounts/{MERCHANT}/callback");
        nodes[0].admin("PUT", &callback, &deliveries.settings());
        Self { cluster, deliveries, nodes, may_repeat: vec![0] }
    }

    /// A process has ended, or is as good as dead: so many pushes may arrive again afterwards.
    pub fn note_end(&mut self, may_repeat: usize) {
        self.deliveries.note_end();
        self.may_repeat.push(may_repeat);
    }

    /// Kills a server, and starts one in its place that dies before the COMMIT of this group.
    pub fn replace(&mut self, index: usize, die_before_commit: u64) {
        self.nodes[index].kill();
        assert!(!self.nodes[index].wait().success());
        self.note_end(UNDER_WAY);
        let starting = self.cluster.begin(Some(die_before_commit));
        self.nodes[index] = starting.listening().expect("a start has fewer commits");
    }

    /// Starts a server in the place of one that has ended.
    pub fn start_again(&mut self, index: usize) {
        self.nodes[index] = self.cluster.start();
    }

    /// Waits until every job is done and every push completed.
    pub fn settle(&self, limit: Duration) {
        poll_within(limit, || (!is_busy(&self.nodes[0])).then_some(()))
            .unwrap_or_else(|| panic!("jobs or pushes are still open after {limit:?}"));
    }

    /// How often pushes arrived again, by the ends that came before. More than were under way at an
    /// end is a fault.
    pub fn repeated(&self) -> Vec<usize> {
        let again = repeated(&self.deliveries.arrivals(), self.may_repeat.len());
        let mut both = again.iter().zip(&self.may_repeat);
        let is_forced = both.all(|(again, may_repeat)| again <= may_repeat);
        assert!(is_forced, "more than were under way: {again:?} of {:?}", self.may_repeat);
        again
    }
}
