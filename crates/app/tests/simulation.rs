//! Two schedulers with a clock that moves, over one store: hints get lost, claims lapse, nodes die.
//! Nothing is lost, the order of each key is kept, and nothing is done twice except after a lapse.

#![allow(clippy::unwrap_used, reason = "a simulation that cannot go on should say where")]

use kaipiao_app::delivery::scheduler::{Limits, Scheduler};
use kaipiao_domain::delivery::push::{Outcome, PushKind};
use kaipiao_ports::delivery::claims::{ClaimRequest, DueTurn, Queue, Reported};
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush, Next, PushClaim, PushReport};
use kaipiao_ports::store::{Commit, Committed, Store};
use kaipiao_store_memory::MemoryStore;
use kaipiao_store_sqlite::{Options, SqliteStore};
use std::collections::HashMap;
use std::time::Duration;

const LIMITS: Limits = Limits { at_once: 6, per_turn: 2, failing_at_once: 3 };
/// A claim that never lapses in the simulation's time, and one that lapses at once: its holder will
/// die, or is so slow that it might as well.
const HOLDS: Duration = Duration::from_secs(600);
const LAPSES: Duration = Duration::ZERO;

struct Node {
    name: String,
    scheduler: Scheduler,
    under_way: Vec<PushClaim>,
    /// Its claims lapse at once.
    is_doomed: bool,
}

impl Node {
    fn new(name: String, is_doomed: bool) -> Self {
        Self { name, scheduler: Scheduler::new(LIMITS), under_way: Vec::new(), is_doomed }
    }
}

/// What happened to a push.
#[derive(Default)]
struct History {
    claims: usize,
    /// Claims that have lapsed.
    doomed_claims: usize,
    /// Claims that were let go of.
    released_claims: usize,
    failures: usize,
    completions: usize,
}

struct World<'a> {
    store: &'a dyn Store,
    random: u64,
    now_ms: i64,
    nodes: Vec<Node>,
    born: usize,
    committed: usize,
    /// By body, which numbers the pushes in the order of their commits.
    histories: HashMap<usize, History>,
    /// The pushes of each account and key, in the order of their completion.
    completed: HashMap<(String, String), Vec<usize>>,
}

impl<'a> World<'a> {
    fn new(store: &'a dyn Store, seed: u8) -> Self {
        Self {
            store,
            random: u64::from(seed),
            now_ms: 0,
            nodes: vec![Node::new("a".into(), false), Node::new("b".into(), false)],
            born: 2,
            committed: 0,
            histories: HashMap::new(),
            completed: HashMap::new(),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*: good enough to pick steps with, and the same on every run.
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let high = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % limit
    }

    async fn step(&mut self) {
        match self.below(10) {
            0..3 => self.commit().await,
            3 => self.now_ms += i64::try_from(self.below(3000)).unwrap(),
            4 => self.replace_one().await,
            5..8 => {
                let node = self.below(self.nodes.len());
                self.claim(node).await;
            }
            _ => {
                let node = self.below(self.nodes.len());
                self.finish_one(node).await;
            }
        }
    }

    async fn commit(&mut self) {
        let number = self.committed;
        self.committed += 1;
        let origin = ["", "https://a.example", "https://b.example"][self.below(3)];
        let destination = match origin {
            "" => Destination::Callback,
            _ => Destination::Fixed { url: format!("{origin}/x"), origin: origin.to_owned() },
        };
        // Pushes of one key have one destination here, as they have in the product.
        let push = NewPush {
            account: format!("wx{}", self.below(3)),
            ordering_key: format!("{origin}{}", self.below(3)),
            destination,
            kind: PushKind::Event,
            openid: "o".into(),
            event: "e",
            body: NewBody::Whole(number.to_string()),
            now_ms: self.now_ms,
        };
        self.histories.insert(number, History::default());
        let commit = Commit { pushes: vec![push], ..Commit::default() };
        let Committed { due } = self.store.commit(commit).await.unwrap();
        // A hint reaches one node, or none.
        let heard_by = self.below(3);
        if let Some(node) = self.nodes.get_mut(heard_by) {
            for (_, DueTurn { due_ms, turn }) in due {
                node.scheduler.due(&turn, due_ms, self.now_ms);
            }
        }
    }

    /// A doomed node dies with all that it has under way; another stops in order, and lets go of it.
    /// A new one takes its place.
    async fn replace_one(&mut self) {
        let which = self.below(self.nodes.len());
        let is_doomed = self.below(2) == 0;
        self.born += 1;
        let new = Node::new(format!("node-{}", self.born), is_doomed);
        let old = std::mem::replace(&mut self.nodes[which], new);
        if !old.is_doomed {
            let tokens: Vec<_> = old.under_way.iter().map(|claim| claim.token).collect();
            self.store.release(&tokens).await.unwrap();
            for claim in &old.under_way {
                self.histories.get_mut(&number(claim)).unwrap().released_claims += 1;
            }
        }
    }

    /// Looks into the store, and claims what the scheduler says.
    async fn claim(&mut self, node: usize) {
        let (store, now_ms) = (self.store, self.now_ms);
        let found = store.due_turns(Queue::Push, now_ms, None, 1000).await.unwrap();
        let node = &mut self.nodes[node];
        for DueTurn { due_ms, turn } in found {
            node.scheduler.due(&turn, due_ms, now_ms);
        }
        while let Some((turn, limit)) = node.scheduler.next(now_ms) {
            let lapses_in = if node.is_doomed { LAPSES } else { HOLDS };
            let request = ClaimRequest {
                turn: &turn,
                due_by_ms: now_ms,
                lapses_in,
                limit,
                holder: &node.name,
            };
            let claimed = store.claim_pushes(&request).await.unwrap();
            // What lapses at once is offered again at once: the node would take it for ever.
            let next_due_ms = claimed.next_due_ms.filter(|_| !node.is_doomed);
            node.scheduler.claimed(&turn, claimed.claims.len(), next_due_ms, now_ms);
            for claim in claimed.claims {
                assert_eq!(claim.work.turn(), turn);
                let history = self.histories.get_mut(&number(&claim)).unwrap();
                history.claims += 1;
                history.doomed_claims += usize::from(node.is_doomed);
                node.under_way.push(claim);
            }
            assert!(node.scheduler.running() <= LIMITS.at_once);
            let of_turn = node.under_way.iter().filter(|claim| claim.work.turn() == turn).count();
            assert!(of_turn <= LIMITS.per_turn);
        }
    }

    async fn finish_one(&mut self, node: usize) {
        let count = self.nodes[node].under_way.len();
        if count == 0 {
            return;
        }
        let which = self.below(count);
        let claim = self.nodes[node].under_way.swap_remove(which);
        let (now_ms, fails) = (self.now_ms, self.below(4) == 0);
        let next = match fails {
            true => Next::Retry { due_ms: now_ms + 500 },
            false => Next::Complete { outcome: Outcome::Delivered, now_ms },
        };
        let report = PushReport { token: claim.token, attempt: None, next };
        let reported = self.store.complete_push(report).await.unwrap();
        let (turn, is_doomed) = (claim.work.turn(), self.nodes[node].is_doomed);
        self.nodes[node].scheduler.ended(&turn, Some(fails));
        let history = self.histories.get_mut(&number(&claim)).unwrap();
        match reported {
            Reported::Lapsed => assert!(is_doomed, "only a lapsed claim's report doesn't count"),
            Reported::Counted { next_due_ms } => {
                assert!(!is_doomed, "a lapsed claim's report counted");
                if let Some(due_ms) = next_due_ms {
                    self.nodes[node].scheduler.due(&turn, due_ms, now_ms);
                }
                if fails {
                    history.failures += 1;
                } else {
                    history.completions += 1;
                    let key = (claim.work.id.account.clone(), claim.work.ordering_key.clone());
                    self.completed.entry(key).or_default().push(number(&claim));
                }
            }
        }
    }

    /// Lets two healthy nodes finish everything.
    async fn drain(&mut self) {
        for node in 0..self.nodes.len() {
            if self.nodes[node].is_doomed {
                self.nodes[node] = Node::new(format!("last-{node}"), false);
            }
        }
        for _ in 0..100_000 {
            let done: usize = self.completed.values().map(Vec::len).sum();
            if done == self.committed {
                return;
            }
            self.now_ms += 100;
            for node in 0..self.nodes.len() {
                self.claim(node).await;
                self.finish_one(node).await;
            }
        }
        panic!("something was lost");
    }

    fn check(&self) {
        for (number, history) in &self.histories {
            let History { claims, doomed_claims, released_claims, failures, completions } =
                *history;
            assert_eq!(completions, 1, "push {number}");
            let explained = doomed_claims + released_claims + failures + completions;
            assert_eq!(claims, explained, "push {number} was claimed too often");
        }
        for (key, numbers) in &self.completed {
            assert!(numbers.is_sorted(), "{key:?}: {numbers:?}");
        }
        let doomed: usize = self.histories.values().map(|history| history.doomed_claims).sum();
        assert!(doomed > 50 && self.committed > 500, "the simulation simulated little");
    }
}

fn number(claim: &PushClaim) -> usize {
    claim.work.body.parse().unwrap()
}

async fn simulate(store: &dyn Store, seed: u8, steps: usize) {
    let mut world = World::new(store, seed);
    for _ in 0..steps {
        world.step().await;
    }
    world.drain().await;
    world.check();
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_disordered_in_memory() {
    for seed in 1..=5 {
        simulate(&MemoryStore::default(), seed, 6000).await;
    }
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_disordered_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path(), Options::default()).unwrap();
    simulate(&store, 1, 2000).await;
}
