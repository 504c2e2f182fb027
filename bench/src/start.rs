//! Starts: from spawning the process to the first page it answers, on a new store and on one that is
//! there, without accounts of the settings and with many; and what an idle server keeps in memory.

use crate::figures::Rounds;
use crate::merchants::Merchants;
use crate::server::Process;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const MERCHANTS: usize = 10_000;
/// The second starts of a store with many merchants.
const LARGE_ROUNDS: usize = 5;
/// What a server still does after its first answer is over by then.
const IDLE_AFTER: Duration = Duration::from_secs(2);

pub(crate) fn run() {
    let (mut new, mut existing) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir().expect("a temporary directory");
        new.push(start(|| serve(directory.path())).1);
        existing.push(start(|| serve(directory.path())).1);
    }
    println!("new store:                      {:7.0} ms to the first answer", new.median());
    println!("the same store again:           {:7.0} ms", existing.median());
    large();
    idle();
}

fn large() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Nobody listens there: nothing is sent.
    let nowhere = ([127, 0, 0, 1], 9).into();
    let merchants = Merchants::new(MERCHANTS, nowhere);
    let first = start(|| merchants.serve(directory.path(), "")).1;
    let mut again = Rounds::default();
    for _ in 0..LARGE_ROUNDS {
        again.push(start(|| merchants.serve(directory.path(), "")).1);
    }
    println!("{MERCHANTS} merchants, first start: {first:7.0} ms");
    println!("{MERCHANTS} merchants, unchanged:   {:7.0} ms", again.median());
}

fn idle() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = start(|| serve(directory.path()));
    #[expect(
        clippy::disallowed_methods,
        reason = "a process settles in real time before it is measured"
    )]
    std::thread::sleep(IDLE_AFTER);
    println!("idle, with this machine's fonts: {:6.1} MB resident", server.resident_mb());
}

fn serve(data: &Path) -> Process {
    Process::kaipiao(data, &[])
}

/// A server, and the milliseconds until it had answered.
fn start(serve: impl FnOnce() -> Process) -> (Process, f64) {
    let started = Instant::now();
    let server = serve();
    server.get_page("/");
    (server, started.elapsed().as_secs_f64() * 1000.0)
}
