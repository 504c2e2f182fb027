//! A round: load, a fault at a moment of the round's own, a new start, and the comparison.

use crate::cluster::{Node, Store};
use crate::deliveries::Murder;
use crate::kinds::Kinds;
use crate::model::Model;
use crate::postgres::Postgres;
use crate::servers::Servers;
use crate::session::Session;
use fastrand::Rng;
use kaipiao_tests::{Ends, let_pass, wait_until};
use serde_json::json;
use std::fmt;
use std::ops::{AddAssign, Range};
use std::sync::atomic::Ordering;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

/// A round that acknowledged less has proved nothing.
const MIN_ACKNOWLEDGED: usize = 50;
/// Whatever has happened, those that are left acknowledge so many changes more.
const GOES_ON: usize = 50;
/// The claims of a dead process lapse, and another has done its work.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(20);
/// For how many milliseconds a server stands still: its claims lapse, and so does the lease of its name.
const FROZEN_MS: Range<u64> = 16_000..20_000;
/// Whatever becomes of the database, a request waits no longer than that for its answer: statements that are under way
/// may take 20 s at a server that is there and silent, but here it is gone.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Once the database is there again, the first change is acknowledged.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// kill -9 of a server after so many acknowledged changes.
    Killed,
    /// kill -9 of all servers.
    AllKilled,
    /// A server dies right before the COMMIT of a group of commits.
    BeforeCommit,
    /// The merchant's server kills one before it answers a push.
    PushUnanswered,
    /// The merchant's server kills one once it has answered a push.
    PushAnswered,
    /// kill -9, with requests at an issuer that does not answer.
    IssuerSilent,
    /// kill -9, and again while it starts.
    KilledTwice,
    /// SIGTERM: a server ends in order.
    Stopped,
    /// Every connection to the database is ended from there, three times.
    BackendsTerminated,
    /// The database is stopped for up to 5 s, in this mode.
    DatabaseStopped(&'static str),
    /// A server stands still for longer than its claims hold, and goes on.
    Frozen,
    /// The database is away for so long that every queue and every wait comes to its end.
    Outage(Duration),
}

/// They take turns; the seed says whose it is.
const OF_SQLITE: &[Fault] = &[
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
const OF_POSTGRES: &[Fault] = &[
    Fault::Killed,
    Fault::BackendsTerminated,
    Fault::PushUnanswered,
    Fault::Frozen,
    Fault::DatabaseStopped("fast"),
    Fault::AllKilled,
    Fault::Stopped,
    Fault::PushAnswered,
    Fault::DatabaseStopped("immediate"),
    Fault::IssuerSilent,
    Fault::KilledTwice,
    Fault::BeforeCommit,
];

impl Fault {
    fn of(store: &Store, seed: u64, outage: Option<Duration>) -> Self {
        if let Some(time) = outage {
            return Self::Outage(time);
        }
        let faults = match store {
            Store::Sqlite => OF_SQLITE,
            Store::Postgres(_) => OF_POSTGRES,
        };
        let (turn, time) = (seed % faults.len() as u64, seed / faults.len() as u64);
        match faults[usize::try_from(turn).expect("it is small")] {
            // It takes many times as long as the others.
            Self::Frozen if time % 2 == 0 => Self::Killed,
            fault => fault,
        }
    }

    /// Every server survives it, though the store may be away for it meanwhile.
    const fn spares_servers(self) -> bool {
        matches!(
            self,
            Self::BackendsTerminated | Self::DatabaseStopped(_) | Self::Outage(_) | Self::Frozen
        )
    }

    /// Which of the servers end.
    fn ends(self, victim: usize, servers: usize) -> Range<usize> {
        match self {
            Self::AllKilled => 0..servers,
            fault if fault.spares_servers() => 0..0,
            _ => victim..victim + 1,
        }
    }
}

/// What rounds came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    acknowledged: usize,
    unanswered: usize,
    /// What has happened besides orders and payments.
    pub kinds: Kinds,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.unanswered += other.unanswered;
        self.kinds += other.kinds;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} acknowledged, {} unanswered", self.acknowledged, self.unanswered)
    }
}

/// Plays a round and prints a line; panics at the first thing that is wrong.
pub fn play(
    servers: &mut Servers,
    model: &mut Model,
    seed: u64,
    outage: Option<Duration>,
) -> Tally {
    let mut rng = Rng::with_seed(seed);
    let fault = Fault::of(&servers.cluster.store, seed, outage);
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
    let log_length = servers.cluster.log_length();
    let tally = load(servers, model, fault, victim, &mut rng);
    if fault.spares_servers() {
        servers.cluster.explain_since(log_length);
    }
    assert!(tally.acknowledged >= MIN_ACKNOWLEDGED, "only {tally}");
    let ended = servers.remove(fault.ends(victim, servers.nodes.len()), fault == Fault::Stopped);
    if !servers.nodes.is_empty() && fault == Fault::Killed {
        servers.settle(TAKEN_OVER_WITHIN);
    }
    for former in ended {
        // Once its lease has lapsed, a name is free again at once.
        let keeps_name = matches!(fault, Fault::Killed | Fault::Stopped);
        let name = if keeps_name { former } else { servers.new_name() };
        if fault == Fault::KilledTwice {
            let twice = servers.new_name();
            let starting = servers.cluster.begin(&twice, None);
            let_pass(Duration::from_millis(rng.u64(0..300)));
            starting.kill();
            servers.deliveries.note_kill();
        }
        let node = servers.cluster.start(&name);
        servers.nodes.push(node);
    }
    model.compare(servers);
    if rng.u32(0..servers.settle_one_in()) == 0 {
        model.settle(servers);
    }
    println!("seed {seed}: {tally}; {fault:?}");
    tally
}

/// Loads the servers until the fault's moment, and what is left of them until they have done as well.
fn load(
    servers: &mut Servers,
    model: &mut Model,
    fault: Fault,
    victim: usize,
    rng: &mut Rng,
) -> Tally {
    let session = Session::open(&servers.nodes, servers.deliveries.notify_url());
    let Model { clients, merchant, titles } = model;
    std::thread::scope(|scope| {
        let session = &session;
        let ends = Ends(&session.is_over);
        let mut players = Vec::new();
        for client in clients {
            players.push(scope.spawn(move || client.play(session)));
        }
        players.push(scope.spawn(move || merchant.play(session)));
        players.push(scope.spawn(move || titles.play(session)));
        let count = || session.acknowledged.load(Ordering::SeqCst);
        let has = |goal: usize| {
            let is_idle = || players.iter().all(ScopedJoinHandle::is_finished);
            wait_until("more is acknowledged", || count() >= goal || is_idle());
        };
        has(match fault {
            Fault::BeforeCommit => 0,
            Fault::PushUnanswered | Fault::PushAnswered => MIN_ACKNOWLEDGED,
            _ => rng.usize(60..480),
        });
        strike(servers, session, fault, victim, rng);
        has(count() + GOES_ON);
        drop(ends);
        for player in players {
            player.join().expect("no client saw a wrong answer");
        }
    });
    Tally {
        acknowledged: session.acknowledged.load(Ordering::SeqCst),
        unanswered: session.unanswered.load(Ordering::SeqCst),
        kinds: session.kinds.so_far(),
    }
}

/// The fault, at its moment.
fn strike(servers: &Servers, session: &Session<'_>, fault: Fault, victim: usize, rng: &mut Rng) {
    let node = &servers.nodes[victim];
    match (fault, &servers.cluster.store) {
        (Fault::AllKilled, _) => servers.nodes.iter().for_each(Node::kill),
        (Fault::Stopped, _) => node.stop(),
        (Fault::PushUnanswered | Fault::PushAnswered, _) => {
            let is_before_answer = fault == Fault::PushUnanswered;
            let after = rng.usize(0..100);
            servers.deliveries.plan(Murder { pid: node.pid, after, is_before_answer });
            wait_until("it dies", || node.is_gone());
        }
        (Fault::BeforeCommit, _) => wait_until("it dies", || node.is_gone()),
        (Fault::BackendsTerminated, Store::Postgres(postgres)) => {
            session.may_be_away.store(true, Ordering::SeqCst);
            for _ in 0..3 {
                postgres.terminate_backends();
                let_pass(Duration::from_millis(rng.u64(0..500)));
            }
        }
        (Fault::DatabaseStopped(mode), Store::Postgres(postgres)) => {
            session.may_be_away.store(true, Ordering::SeqCst);
            postgres.stop_for(mode, Duration::from_millis(rng.u64(500..5000)));
        }
        (Fault::Frozen, _) => {
            // What it was about to commit holds rows that others want.
            session.may_be_away.store(true, Ordering::SeqCst);
            node.freeze(|| {
                servers.deliveries.note_kill();
                let_pass(Duration::from_millis(rng.u64(FROZEN_MS)));
            });
            servers.deliveries.note_thaw();
        }
        (Fault::Outage(time), Store::Postgres(postgres)) => {
            // What was sent and could not be recorded is sent again: its claim has lapsed.
            servers.deliveries.note_kill();
            outage(session, postgres, time);
        }
        _ => node.kill(),
    }
    if fault != Fault::Stopped && !fault.spares_servers() {
        servers.deliveries.note_kill();
    }
}

/// The database is away. Each request gets its "system error" within a bound, and soon after the end changes are
/// acknowledged again.
fn outage(session: &Session<'_>, postgres: &Postgres, time: Duration) {
    session.may_be_away.store(true, Ordering::SeqCst);
    let count = || session.acknowledged.load(Ordering::SeqCst);
    let refused = session.unanswered.load(Ordering::SeqCst);
    session.take_longest();
    postgres.stop_for("immediate", time);
    let refused = session.unanswered.load(Ordering::SeqCst) - refused;
    let (started, before) = (Instant::now(), count());
    wait_until("changes are acknowledged again", || count() > before);
    let back = started.elapsed();
    let longest = session.take_longest();
    println!(
        "away for {} s: {refused} changes got \"system error\", the longest answer took {:.1} s; acknowledged again {:.1} s \
         after the database's start",
        time.as_secs(),
        longest.as_secs_f64(),
        back.as_secs_f64()
    );
    assert!(longest < ANSWERED_WITHIN, "an answer took {longest:?}");
    assert!(back < BACK_WITHIN, "it took {back:?} until a change was acknowledged");
}
