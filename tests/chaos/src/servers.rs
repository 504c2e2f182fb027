//! The servers of a series as they come and go, and the merchant's server that they push to.

use crate::cluster::{Cluster, Node, Store};
use crate::deliveries::{Deliveries, receivers};
use crate::listings::{due_last_ms, is_busy};
use crate::repeats::{UNRECORDED, forced};
use kaipiao_tests::company_client::{OTHER_COMPANY, other_account};
use kaipiao_tests::{poll_within, wait_until};
use serde_json::json;
use std::ops::Range;
use std::time::Duration;

/// Processes over one store.
pub struct Servers {
    /// How they are started.
    pub cluster: Cluster,
    /// The merchant's server.
    pub deliveries: Deliveries,
    /// Those that run, or have just been ended.
    pub nodes: Vec<Node>,
    /// Names that were given.
    names: usize,
}

impl Servers {
    /// Starts as many as the store has.
    pub fn start(cluster: Cluster) -> Self {
        let deliveries = Deliveries::start();
        let names = match cluster.store {
            Store::Sqlite => 1,
            Store::Postgres(_) => 2,
        };
        let nodes: Vec<_> = (1..=names).map(|name| cluster.start(&name.to_string())).collect();
        let account = format!("accounts/{OTHER_COMPANY}");
        nodes[0].admin("PUT", &account, &other_account());
        for appid in receivers() {
            let callback = format!("accounts/{appid}/callback");
            nodes[0].admin("PUT", &callback, &deliveries.settings(appid));
        }
        Self { cluster, deliveries, nodes, names }
    }

    /// A name that no server has had. One that was killed has its own until its lease lapses.
    pub fn new_name(&mut self) -> String {
        self.names += 1;
        self.names.to_string()
    }

    /// Kills a server, and starts one in its place that dies before the COMMIT of this group.
    pub fn replace(&mut self, index: usize, die_before_commit: u64) {
        let node = self.nodes.remove(index);
        node.kill();
        assert!(!node.wait().success());
        self.deliveries.note_kill();
        let name = self.new_name();
        let starting = self.cluster.begin(&name, Some(die_before_commit));
        self.nodes.insert(index, starting.listening().expect("a start has fewer commits"));
    }

    /// Sees these servers end: their names. Those that are left must have answered every request.
    pub fn remove(&mut self, ended: Range<usize>, is_in_order: bool) -> Vec<String> {
        let ended: Vec<_> = self.nodes.drain(ended).collect();
        for node in &ended {
            assert_eq!(node.wait().success(), is_in_order, "how it ended");
        }
        assert!(
            !self.nodes.iter().any(Node::is_gone),
            "a server did not answer that was left alone"
        );
        ended.into_iter().map(|node| node.name.clone()).collect()
    }

    /// How often a round ends with a look at the whole store. The claims of a dead process lapse by
    /// time where others share them, and that takes a while.
    pub fn settle_one_in(&self) -> u32 {
        match self.cluster.store {
            Store::Sqlite => 2,
            Store::Postgres(_) => 5,
        }
    }

    /// Waits until every job is done and every push completed.
    pub fn settle(&self, limit: Duration) {
        let is_settled = || {
            let is_busy = is_busy(&self.nodes[0]);
            if is_busy {
                self.hasten_notices();
            }
            (!is_busy).then_some(())
        };
        poll_within(limit, is_settled)
            .unwrap_or_else(|| panic!("jobs or pushes are still open after {limit:?}"));
    }

    /// A notice that was refused is tried again by a schedule of a day: the sandbox's clock goes on to that moment,
    /// at every server.
    fn hasten_notices(&self) {
        let now = |node: &Node| node.sure_get("sandbox/v1/clock")["now"].as_i64().unwrap();
        let Some(due_ms) = due_last_ms(&self.nodes[0]) else { return };
        let (due, before) = (due_ms / 1000 + 1, now(&self.nodes[0]));
        if due > before {
            let advance = json!({"advance_s": due - before});
            self.nodes[0].sure_post("sandbox/v1/clock", &advance);
            wait_until("the clock is the same", || self.nodes.iter().all(|node| now(node) >= due));
        }
    }

    /// How many pushes arrived again for each kill; without one near it, that is a fault.
    pub fn repeated(&self) -> Vec<usize> {
        let Self { deliveries, nodes, .. } = self;
        forced(&deliveries.arrivals(), &deliveries.kills(), nodes.len() * UNRECORDED)
    }
}
