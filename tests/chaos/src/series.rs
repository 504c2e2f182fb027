//! 25 rounds over one store, and a look at the whole of it.

use crate::cluster::{Cluster, Store};
use crate::model::Model;
use crate::postgres::Postgres;
use crate::round::{self, Tally};
use crate::servers::Servers;
use clap::ValueEnum;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

/// Rounds over one store.
pub const SERIES: u64 = 25;

/// The stores that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// One process over a data folder.
    Sqlite,
    /// Two processes over a PostgreSQL database.
    Postgres,
}

impl Engine {
    fn store(self) -> Store {
        match self {
            Self::Sqlite => Store::Sqlite,
            Self::Postgres => Store::Postgres(Postgres::new()),
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
    let (mut total, mut twice, mut seed) = (Tally::default(), 0, plan.seed);
    let end = plan.seed + plan.rounds;
    while seed < end {
        let next = end.min(seed + SERIES);
        let (tally, again) = Series::begin(plan).play(seed..next);
        total += tally;
        twice += again;
        seed = next;
    }
    let rounds = plan.rounds;
    println!("{rounds} rounds: {total}, {twice} pushes sent twice; nothing lost");
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
    fn begin(plan: &Plan<'_>) -> Self {
        let servers = Servers::start(Cluster::new(plan.binary, plan.engine.store()));
        let model = Model::new(&servers.nodes[0]);
        Self { servers, model, seed: 0, outage: plan.outage }
    }

    fn play(mut self, seeds: Range<u64>) -> (Tally, usize) {
        let (mut total, rounds) = (Tally::default(), seeds.end - seeds.start);
        for seed in seeds {
            self.seed = seed;
            total += round::play(&mut self.servers, &mut self.model, seed, self.outage);
        }
        self.model.settle(&self.servers);
        let again = self.servers.repeated();
        let twice = again.iter().sum();
        let arrivals = self.servers.deliveries.arrivals();
        let (orders, pushes) = (self.model.orders().len(), arrivals.len());
        println!("{orders} orders, {pushes} pushes arrived, {twice} of them again: {again:?}");
        let notices = arrivals.iter().filter(|arrival| arrival.is_notice()).count();
        println!("{}; {notices} of the pushes were notices", self.model.payments());
        println!("besides: {}", total.kinds);
        let never = total.kinds.missing();
        assert!(
            never.is_empty() || rounds < SERIES || self.outage.is_some(),
            "the rounds prove nothing of {never:?}"
        );
        assert!(
            twice > 0 || rounds < SERIES || self.outage.is_some(),
            "no kill fell between a push and its settling: the rounds prove too little"
        );
        (total, twice)
    }
}
