//! A round: load, a fault at a moment of the round's own, a new start, and the comparison. 25 rounds over
//! one store are a series, which ends with a look at the whole store.

use crate::client::Client;
use crate::cluster::{Cluster, Node};
use crate::compare;
use crate::deliveries::{Deliveries, Murder};
use crate::merchant::Merchant;
use crate::order::Order;
use crate::session::Session;
use crate::whole;
use fastrand::Rng;
use kaipiao_tests::{MERCHANT, poll_within, wait_until};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// Rounds over one store.
pub const SERIES: u64 = 25;
const CLIENTS: usize = 8;
/// The default of push.per_account: pushes that a kill can make go out twice.
const UNDER_WAY: usize = 4;
/// A round that acknowledged less has proved nothing.
const MIN_ACKNOWLEDGED: usize = 50;
/// So long all that is left may take once a server runs again.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// What happens to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// kill -9 after so many acknowledged changes.
    Killed,
    /// It dies right before the COMMIT of a group of commits.
    BeforeCommit,
    /// The merchant's server kills it before it answers a push.
    PushUnanswered,
    /// The merchant's server kills it once it has answered a push.
    PushAnswered,
    /// kill -9, with requests at an issuer that does not answer.
    IssuerSilent,
    /// kill -9, and again while it starts.
    KilledTwice,
    /// SIGTERM: it ends in order.
    Stopped,
}

/// The faults of a series: the seed says where it begins.
const FAULTS: [Fault; 10] = [
    Fault::Killed,
    Fault::PushUnanswered,
    Fault::IssuerSilent,
    Fault::PushAnswered,
    Fault::KilledTwice,
    Fault::BeforeCommit,
    Fault::PushUnanswered,
    Fault::Killed,
    Fault::PushAnswered,
    Fault::Stopped,
];

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The server's program.
    pub binary: &'a Path,
    /// Rounds.
    pub rounds: u64,
    /// Of the first round; each further one has the next number.
    pub seed: u64,
}

/// What the rounds came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    acknowledged: usize,
    unanswered: usize,
    resent: usize,
}

/// Plays the rounds, and prints a line for each; panics at the first thing that is wrong.
pub fn run(plan: &Plan<'_>) {
    let mut total = Tally::default();
    let mut seed = plan.seed;
    let end = plan.seed + plan.rounds;
    while seed < end {
        let rounds = SERIES.min(end - seed);
        let series = Series::begin(plan.binary);
        let tally = series.play(seed..seed + rounds);
        total.acknowledged += tally.acknowledged;
        total.unanswered += tally.unanswered;
        total.resent += tally.resent;
        seed += rounds;
    }
    let Tally { acknowledged, unanswered, resent } = total;
    println!(
        "{} rounds: {acknowledged} acknowledged, {unanswered} unanswered, {resent} pushes sent twice; nothing lost",
        plan.rounds
    );
}

struct Series {
    cluster: Cluster,
    deliveries: Deliveries,
    clients: Vec<Client>,
    merchant: Merchant,
    node: Node,
    /// How many pushes may arrive again: before any end of a process, after the first, and so on.
    may_repeat: Vec<usize>,
    /// Of the round that is played.
    seed: u64,
}

/// A round that fails says how it is played again, and leaves its store and logs.
impl Drop for Series {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!(
                "play it again: cargo xtask chaos --rounds 1 --seed {}; its store and logs: {}",
                self.seed,
                self.cluster.keep().display()
            );
        }
    }
}

impl Series {
    fn begin(binary: &Path) -> Self {
        let (cluster, deliveries) = (Cluster::new(binary), Deliveries::start());
        let node = cluster.start();
        let callback = format!("accounts/{MERCHANT}/callback");
        node.admin("PUT", &callback, &deliveries.settings());
        let merchant = Merchant::new(&node);
        let may_repeat = vec![0];
        Self { cluster, deliveries, clients: Vec::new(), merchant, node, may_repeat, seed: 0 }
    }

    fn play(mut self, seeds: std::ops::Range<u64>) -> Tally {
        let (mut total, rounds) = (Tally::default(), seeds.end - seeds.start);
        for seed in seeds {
            self.seed = seed;
            let tally = self.round();
            total.acknowledged += tally.acknowledged;
            total.unanswered += tally.unanswered;
        }
        self.settle();
        let arrivals = self.deliveries.arrivals();
        let again = whole::repeated(&arrivals, self.may_repeat.len());
        total.resent = again.iter().sum();
        println!(
            "{} orders, {} arrivals of pushes, of which {} twice: {again:?}",
            self.orders().len(),
            arrivals.len(),
            total.resent
        );
        assert!(
            total.resent > 0 || rounds < SERIES,
            "no kill fell between a push and its settling: the rounds prove too little"
        );
        total
    }

    fn orders(&self) -> Vec<&Order> {
        self.clients.iter().flat_map(|client| &client.orders).collect()
    }

    fn round(&mut self) -> Tally {
        let seed = self.seed;
        let mut rng = Rng::with_seed(seed);
        let fault = FAULTS[usize::try_from(seed % 10).expect("it is small")];
        if fault == Fault::BeforeCommit {
            // What is left would use up the commits that are to come.
            self.settle();
            self.end_node(false, UNDER_WAY);
            let starting = self.cluster.begin(Some(rng.u64(100..500)));
            self.node = starting.listening().expect("a start has fewer commits");
        }
        self.plan(fault, &mut rng);
        self.clients.resize_with(CLIENTS, Client::new);
        for (number, client) in self.clients.iter_mut().enumerate() {
            client.begin(format!("{seed}-{number}"), rng.u64(..));
        }
        self.merchant.begin(rng.u64(..), fault != Fault::IssuerSilent);
        let dies_by_itself =
            matches!(fault, Fault::BeforeCommit | Fault::PushUnanswered | Fault::PushAnswered);
        let target = if dies_by_itself { usize::MAX } else { rng.usize(60..560) };
        let tally = self.load(target, fault);
        println!(
            "seed {seed}: {} acknowledged, {} unanswered; {fault:?}",
            tally.acknowledged, tally.unanswered
        );
        assert!(tally.acknowledged >= MIN_ACKNOWLEDGED, "that is too little");
        if fault == Fault::KilledTwice {
            let starting = self.cluster.begin(None);
            pause(Duration::from_millis(rng.u64(0..300)));
            starting.kill();
            self.note_end(2 * UNDER_WAY);
        }
        self.node = self.cluster.start();
        self.compare();
        if rng.bool() {
            self.settle();
        }
        tally
    }

    /// What the merchant's server and the issuer do in this round.
    fn plan(&self, fault: Fault, rng: &mut Rng) {
        let is_before_answer = match fault {
            Fault::PushUnanswered => Some(true),
            Fault::PushAnswered => Some(false),
            _ => None,
        };
        let (pid, after) = (self.node.pid, rng.usize(40..120));
        let murder =
            is_before_answer.map(|is_before_answer| Murder { pid, after, is_before_answer });
        let refuses = if rng.bool() { 10 } else { 0 };
        self.deliveries.plan(rng.u64(..), murder, refuses);
        if fault == Fault::IssuerSilent {
            // It takes these and does not answer: they are under way at the kill.
            let hang = json!({"target": "issuer", "n": 12, "drop": true});
            assert_eq!(self.node.sure_post("sandbox/v1/faults", &hang)["left"], 12);
        }
    }

    /// Loads the server until `target` changes are acknowledged, and ends it, unless it has died before.
    fn load(&mut self, target: usize, fault: Fault) -> Tally {
        let session = Session::open(std::slice::from_ref(&self.node));
        let (clients, merchant) = (&mut self.clients, &mut self.merchant);
        std::thread::scope(|scope| {
            let session = &session;
            let mut players = Vec::new();
            for client in clients {
                players.push(scope.spawn(move || client.play(session)));
            }
            players.push(scope.spawn(move || merchant.play(session)));
            wait_until("enough changes are acknowledged", || {
                session.acknowledged.load(Ordering::SeqCst) >= target
                    || players.iter().all(ScopedJoinHandle::is_finished)
            });
            if fault == Fault::Stopped {
                session.nodes[0].stop()
            } else {
                session.nodes[0].kill()
            }
            for player in players {
                player.join().expect("no client saw a wrong answer");
            }
        });
        let tally = Tally {
            acknowledged: session.acknowledged.load(Ordering::SeqCst),
            unanswered: session.unanswered.load(Ordering::SeqCst),
            resent: 0,
        };
        self.end_node(fault == Fault::Stopped, if fault == Fault::Stopped { 0 } else { UNDER_WAY });
        tally
    }

    /// Sees the server end. So many pushes may arrive again afterwards.
    fn end_node(&mut self, is_in_order: bool, may_repeat: usize) {
        if !is_in_order {
            self.node.kill();
        }
        assert_eq!(self.node.wait().success(), is_in_order, "how it ended");
        self.note_end(may_repeat);
    }

    fn note_end(&mut self, may_repeat: usize) {
        self.deliveries.note_end();
        self.may_repeat.push(may_repeat);
    }

    /// Everything that was acknowledged is there.
    fn compare(&mut self) {
        let session = Session::open(std::slice::from_ref(&self.node));
        compare::orders(&session, self.clients.iter_mut().flat_map(|client| &mut client.orders));
        self.merchant.compare(&session);
    }

    /// Once nothing is left to be done, the whole store is looked at.
    fn settle(&mut self) {
        whole::settle(&self.node, SETTLED_WITHIN);
        self.compare();
        let arrivals = self.deliveries.arrivals();
        whole::check(&self.node, &self.orders(), &arrivals);
        let again = whole::repeated(&arrivals, self.may_repeat.len());
        let mut both = again.iter().zip(&self.may_repeat);
        let is_forced = both.all(|(again, may_repeat)| again <= may_repeat);
        assert!(is_forced, "more than were under way: {again:?} of {:?}", self.may_repeat);
        let complaints = self.cluster.complaints();
        assert!(complaints.is_empty(), "the servers' log: {complaints:#?}");
    }
}

fn pause(time: Duration) {
    poll_within(time, || None::<()>);
}
