//! A round: load, a fault at a moment of the round's own, a new start, and the comparison.

use crate::deliveries::Murder;
use crate::model::Model;
use crate::servers::{Servers, UNDER_WAY};
use crate::session::Session;
use fastrand::Rng;
use kaipiao_tests::{poll_within, wait_until};
use serde_json::json;
use std::fmt;
use std::ops::AddAssign;
use std::sync::atomic::Ordering;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// A round that acknowledged less has proved nothing.
const MIN_ACKNOWLEDGED: usize = 50;

/// What happens to a server.
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

/// They take turns; the seed says whose it is.
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

impl Fault {
    /// How many pushes may arrive again after it.
    const fn may_repeat(self) -> usize {
        match self {
            Self::Stopped => 0,
            _ => UNDER_WAY,
        }
    }

    /// Whether the server dies without the round's doing.
    const fn comes_by_itself(self) -> bool {
        matches!(self, Self::BeforeCommit | Self::PushUnanswered | Self::PushAnswered)
    }
}

/// What rounds came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    acknowledged: usize,
    unanswered: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.unanswered += other.unanswered;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} acknowledged, {} unanswered", self.acknowledged, self.unanswered)
    }
}

/// Plays a round and prints a line; panics at the first thing that is wrong.
pub fn play(servers: &mut Servers, model: &mut Model, seed: u64) -> Tally {
    let mut rng = Rng::with_seed(seed);
    let turns = FAULTS.len() as u64;
    let fault = FAULTS[usize::try_from(seed % turns).expect("it is small")];
    let victim = rng.usize(0..servers.nodes.len());
    if fault == Fault::BeforeCommit {
        // What is left would use up the commits that are to come.
        model.settle(servers);
        servers.replace(victim, rng.u64(150..500));
    }
    let refuses = if rng.bool() { 10 } else { 0 };
    servers.deliveries.refuse(refuses, rng.u64(..));
    if fault == Fault::IssuerSilent {
        // It takes these and does not answer: they are under way at the kill.
        let hang = json!({"target": "issuer", "n": 12, "drop": true});
        assert_eq!(servers.nodes[victim].sure_post("sandbox/v1/faults", &hang)["left"], 12);
    }
    model.begin(seed, &mut rng, fault != Fault::IssuerSilent);
    let tally = load(servers, model, Moment { fault, victim }, &mut rng);
    assert!(tally.acknowledged >= MIN_ACKNOWLEDGED, "only {tally}");
    if fault == Fault::KilledTwice {
        let starting = servers.cluster.begin(None);
        pause(Duration::from_millis(rng.u64(0..300)));
        starting.kill();
        // Those of the first end that had not gone out again, and those of the second.
        servers.note_end(2 * UNDER_WAY);
    }
    servers.start_again(victim);
    model.compare(servers);
    if rng.bool() {
        model.settle(servers);
    }
    println!("seed {seed}: {tally}; {fault:?}");
    tally
}

struct Moment {
    fault: Fault,
    victim: usize,
}

/// Loads the servers until the fault's moment, and sees the server end.
fn load(servers: &mut Servers, model: &mut Model, moment: Moment, rng: &mut Rng) -> Tally {
    let Moment { fault, victim } = moment;
    let session = Session::open(&servers.nodes);
    let node = &servers.nodes[victim];
    let (clients, merchant) = (&mut model.clients, &mut model.merchant);
    std::thread::scope(|scope| {
        let session = &session;
        let mut players = Vec::new();
        for client in clients {
            players.push(scope.spawn(move || client.play(session)));
        }
        players.push(scope.spawn(move || merchant.play(session)));
        let count = || session.acknowledged.load(Ordering::SeqCst);
        let is_idle = || players.iter().all(ScopedJoinHandle::is_finished);
        let has = |goal: usize| wait_until("more is acknowledged", || count() >= goal || is_idle());
        match fault {
            Fault::PushUnanswered | Fault::PushAnswered => {
                has(MIN_ACKNOWLEDGED);
                let is_before_answer = fault == Fault::PushUnanswered;
                let after = rng.usize(0..100);
                servers.deliveries.plan(Murder { pid: node.pid, after, is_before_answer });
            }
            Fault::BeforeCommit => {}
            _ => has(rng.usize(60..560)),
        }
        match fault {
            fault if fault.comes_by_itself() => wait_until("it dies", || node.is_gone()),
            Fault::Stopped => node.stop(),
            _ => node.kill(),
        }
        wait_until("the clients see it", is_idle);
        session.is_over.store(true, Ordering::SeqCst);
        for player in players {
            player.join().expect("no client saw a wrong answer");
        }
    });
    let tally = Tally {
        acknowledged: session.acknowledged.load(Ordering::SeqCst),
        unanswered: session.unanswered.load(Ordering::SeqCst),
    };
    assert_eq!(node.wait().success(), fault == Fault::Stopped, "how it ended");
    servers.note_end(fault.may_repeat());
    tally
}

fn pause(time: Duration) {
    poll_within(time, || None::<()>);
}
