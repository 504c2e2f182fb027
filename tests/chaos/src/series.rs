//! 25 rounds, and a look at the whole of each store that they were played over.
//!
//! Rounds on PostgreSQL wait most of the time, for claims and leases to lapse. Where there are several servers, as
//! many stores are played over at the same time, and share the 25 rounds.

use crate::cluster::{Cluster, Store};
use crate::model::Model;
use crate::postgres::Postgres;
use crate::round::{self, Tally};
use crate::servers::Servers;
use clap::ValueEnum;
use kaipiao_testkit::postgres;
use std::ops::{AddAssign, Range};
use std::path::Path;
use std::time::Duration;

/// Rounds that prove something together: each kind of call has succeeded in them.
pub const SERIES: u64 = 25;

/// The stores that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// One process over a data folder.
    Sqlite,
    /// Two processes over a PostgreSQL database.
    Postgres,
}

/// Where a store is made.
enum Place {
    Folder,
    Server(String),
}

impl Place {
    fn store(self) -> Store {
        match self {
            Self::Folder => Store::Sqlite,
            Self::Server(server) => Store::Postgres(Postgres::on(server)),
        }
    }
}

impl Engine {
    /// Each has a store at the same time.
    fn places(self) -> Vec<Place> {
        match self {
            Self::Sqlite => vec![Place::Folder],
            Self::Postgres => postgres::servers().into_iter().map(Place::Server).collect(),
        }
    }
}

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The store.
    pub engine: Engine,
    /// The server's program.
    pub binary: &'a Path,
    /// Rounds.
    pub rounds: u64,
    /// Of the first round; each further one has the next number.
    pub seed: u64,
    /// In place of the other faults the database is away for so long.
    pub outage: Option<Duration>,
}

/// Plays the rounds, and prints a line for each; panics at the first thing that is wrong.
pub fn run(plan: &Plan<'_>) {
    let (mut total, mut seed) = (Outcome::default(), plan.seed);
    let end = plan.seed + plan.rounds;
    while seed < end {
        let next = end.min(seed + SERIES);
        let outcome = play_together(plan, seed..next);
        if next - seed == SERIES && plan.outage.is_none() {
            outcome.proves_enough();
        }
        total += outcome;
        seed = next;
    }
    let (rounds, Outcome { tally, twice }) = (plan.rounds, total);
    println!("{rounds} rounds: {tally}, {twice} pushes sent twice; nothing lost");
}

/// Plays the rounds over as many stores as there are places for.
fn play_together(plan: &Plan<'_>, seeds: Range<u64>) -> Outcome {
    let places = plan.engine.places();
    let count = places.len() as u64;
    let border = |nth: u64| seeds.start + (seeds.end - seeds.start) * nth / count;
    let outcome = std::thread::scope(|scope| {
        let parts = (0..count).map(|nth| border(nth)..border(nth + 1)).zip(places);
        let players: Vec<_> = parts
            .filter(|(part, _)| !part.is_empty())
            .map(|(part, place)| scope.spawn(|| Series::begin(plan, place.store()).play(part)))
            .collect();
        let outcomes = players.into_iter().map(|player| player.join().expect("it says why"));
        outcomes.reduce(|mut sum, outcome| {
            sum += outcome;
            sum
        })
    });
    let outcome = outcome.unwrap_or_default();
    println!("besides: {}", outcome.tally.kinds);
    outcome
}

/// What rounds came to, and what was sent twice in them.
#[derive(Default)]
struct Outcome {
    tally: Tally,
    twice: usize,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.tally += other.tally;
        self.twice += other.twice;
    }
}

impl Outcome {
    fn proves_enough(&self) {
        let never = self.tally.kinds.missing();
        assert!(never.is_empty(), "the rounds prove nothing of {never:?}");
        assert!(
            self.twice > 0,
            "no kill fell between a push and its settling: the rounds prove too little"
        );
    }
}

struct Series {
    servers: Servers,
    model: Model,
    /// Of the round that is played.
    seed: u64,
    outage: Option<Duration>,
}

/// A round that fails says how it is played again, and leaves its logs, and the store where it is a folder.
impl Drop for Series {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let folder = self.servers.cluster.keep();
            let (seed, folder) = (self.seed, folder.display());
            let (store, left) = match self.servers.cluster.store {
                Store::Sqlite => ("sqlite", "store and logs"),
                Store::Postgres(_) => ("postgres", "logs"),
            };
            println!(
                "play it again: cargo xtask chaos --rounds 1 --seed {seed} --store {store}; its {left}: {folder}"
            );
        }
    }
}

impl Series {
    fn begin(plan: &Plan<'_>, store: Store) -> Self {
        let servers = Servers::start(Cluster::new(plan.binary, store));
        let model = Model::new(&servers.nodes[0]);
        Self { servers, model, seed: 0, outage: plan.outage }
    }

    fn play(mut self, seeds: Range<u64>) -> Outcome {
        let mut tally = Tally::default();
        for seed in seeds {
            self.seed = seed;
            tally += round::play(&mut self.servers, &mut self.model, seed, self.outage);
        }
        self.model.settle(&self.servers);
        let again = self.servers.repeated();
        let twice = again.iter().sum();
        let arrivals = self.servers.deliveries.arrivals();
        let (orders, pushes) = (self.model.orders().len(), arrivals.len());
        println!("{orders} orders, {pushes} pushes arrived, {twice} of them again: {again:?}");
        let notices = arrivals.iter().filter(|arrival| arrival.is_notice()).count();
        println!("{}; {notices} of the pushes were notices", self.model.payments());
        Outcome { tally, twice }
    }
}
