//! `cargo xtask chaos`: as many rounds as are wanted, over release builds.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use kaipiao_chaos::{Engine, Plan, SERIES, run};
use std::path::PathBuf;
use std::time::Duration;

/// Kills real servers under load, and looks for everything that they acknowledged.
#[derive(Parser)]
#[command(name = "cargo xtask chaos")]
struct Arguments {
    /// Rounds; each 25 have a store of their own.
    #[arg(long, default_value_t = SERIES)]
    rounds: u64,
    /// Of the first round; each further one has the next number [default: a random one]
    #[arg(long)]
    seed: Option<u64>,
    /// The store, each with the processes that it is for.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    store: Engine,
    /// Instead of the other faults, stop the database for so many seconds in each round.
    #[arg(long, value_name = "SECONDS")]
    outage_s: Option<u64>,
    /// The server's program.
    #[arg(long, env = "KAIPIAO_BINARY", hide = true)]
    binary: PathBuf,
}

fn main() {
    let Arguments { rounds, seed, store: engine, outage_s, binary } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    if outage_s.is_some() && engine != Engine::Postgres {
        let problem = "--outage-s is for --store postgres";
        Arguments::command().error(ErrorKind::ArgumentConflict, problem).exit();
    }
    let outage = outage_s.map(Duration::from_secs);
    run(&Plan { engine, binary: &binary, rounds, seed, outage });
}
