//! How many calls a second, beside the endpoint that does nothing and the disk's own fsyncs.

use crate::disk;
use crate::figures::Rounds;
use crate::load::{CONNECTIONS, Load};
use crate::server::{Process, baseline_binary, own_binary};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tempfile::TempDir;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(1);

/// A version of the server, and the load on it.
pub(crate) struct Side {
    name: &'static str,
    load: Load,
    _server: Process,
}

/// This version, and beside it the baseline, if there is one.
pub(crate) fn sides(data: &Path, start: impl Fn(&OsStr, &Path) -> (Process, Load)) -> Vec<Side> {
    let binaries = std::iter::once(("this", own_binary()))
        .chain(baseline_binary().map(|binary| ("baseline", binary)));
    let side = |(name, binary): (&'static str, OsString)| {
        let data = data.join(name);
        std::fs::create_dir_all(&data).expect("a directory of its own");
        let (server, load) = start(&binary, &data);
        Side { name, load, _server: server }
    };
    binaries.map(side).collect()
}

/// What calls are measured beside.
pub(crate) struct Yardsticks {
    noop: Process,
    data: TempDir,
}

impl Yardsticks {
    pub(crate) fn start() -> Self {
        println!("{CONNECTIONS} connections, {ROUNDS} rounds of {} s each", ROUND.as_secs());
        let data = tempfile::tempdir().expect("a temporary directory");
        Self { noop: Process::noop(), data }
    }

    /// Where servers keep their data: on the disk that is measured.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Measures this call, and prints a line a round and the medians.
    pub(crate) fn measure(&self, call: &str, sides: &[Side]) {
        let next = Arc::new(AtomicU64::new(0));
        let idle = |load: &Load| load.at(self.noop.address, "/noop");
        for side in sides {
            side.load.per_s(&next, WARM_UP);
            idle(&side.load).per_s(&next, WARM_UP);
        }
        let mut figures: Vec<_> =
            sides.iter().map(|_| [(); 3].map(|()| Rounds::default())).collect();
        let column = format!("{call}/s");
        println!("round  version   no-op/s  {column:>14}  ratio  fsync/s");
        for round in 1..=ROUNDS {
            for (side, figures) in sides.iter().zip(&mut figures) {
                let (no_op, calls) =
                    (idle(&side.load).per_s(&next, ROUND), side.load.per_s(&next, ROUND));
                let sync = disk::syncs_per_s(self.data.path(), Duration::from_secs(1));
                line(&format!("{round:6}"), side.name, [no_op, calls, sync]);
                figures.iter_mut().zip([no_op, calls, sync]).for_each(|(rounds, f)| rounds.push(f));
            }
        }
        for (side, figures) in sides.iter().zip(figures) {
            let medians = figures.map(|rounds| rounds.median());
            line("median", side.name, medians);
            let [_, calls, sync] = medians;
            println!(
                "{:.1} durable {call} calls for each fsync that the disk can do alone",
                calls / sync
            );
        }
    }
}

fn line(round: &str, name: &str, [no_op, calls, sync]: [f64; 3]) {
    println!("{round}  {name:<8}  {no_op:7.0}  {calls:14.0}  {:5.2}  {sync:7.0}", calls / no_op);
}
