//! The console over ten million rows: a store is filled, the real server is started on it, and each listing is
//! asked for at its beginning, page by page, and deep within, beside the aim of 50 ms.

mod fill;
mod log;
mod measure;
mod pages;
mod records;
mod volume;

use crate::merchants::Merchants;
use crate::server::Process;
use kaipiao_ports::clock::{Clock, SystemClock};
use records::Maker;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use volume::Volume;

/// Rows without `--rows`.
const ROWS: u64 = 10_000_000;
/// The server's own look at its store after its start is over by then.
const SETTLES_AFTER: Duration = Duration::from_secs(3);
/// The file that says what a directory was filled with.
const FILLED: &str = "filled";
/// The store's file and the request log's.
const DATABASE: &str = "data/kaipiao.sqlite3";
const LOG: &str = "data/requests.sqlite3";

const USAGE: &str =
    "cargo xtask bench console [--rows <n>] [--keep] [--on <a directory that was kept>]";

#[derive(Default)]
struct Options {
    rows: Option<u64>,
    keep: bool,
    on: Option<PathBuf>,
}

impl Options {
    fn read(arguments: &[&str]) -> Option<Self> {
        match arguments {
            [] => Some(Self::default()),
            [rest @ .., "--keep"] => Some(Self { keep: true, ..Self::read(rest)? }),
            [rest @ .., "--rows", rows] => {
                Some(Self { rows: Some(rows.parse().ok()?), ..Self::read(rest)? })
            }
            [rest @ .., "--on", kept] => Some(Self { on: Some(kept.into()), ..Self::read(rest)? }),
            _ => None,
        }
    }
}

pub(crate) fn run(arguments: &[&str]) {
    let Some(Options { rows, keep, on }) = Options::read(arguments) else {
        eprintln!("usage: {USAGE}");
        return;
    };
    // Nobody listens there: nothing is sent.
    let merchants = Merchants::new(
        usize::try_from(volume::MERCHANTS).expect("it fits"),
        ([127, 0, 0, 1], 9).into(),
    );
    if let Some(kept) = on {
        return measured(&kept, &merchants, filled_with(&kept));
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let volume = filled(directory.path(), &merchants, rows.unwrap_or(ROWS));
    if keep {
        let kept = directory.keep();
        println!("kept: {}", kept.display());
        return measured(&kept, &merchants, volume);
    }
    measured(directory.path(), &merchants, volume);
}

/// Has a server make the store and its accounts, and fills it.
fn filled(directory: &Path, merchants: &Merchants, rows: u64) -> Volume {
    let volume = Volume::of_rows(rows, SystemClock::default().real_now().unix_millis());
    let platform = {
        let server = merchants.serve(directory, "");
        server.get("/sandbox/v1/accounts")["s_pappid"].as_str().expect("a text").to_owned()
    };
    let (started, maker) = (Instant::now(), Maker { volume, platform });
    let rows = fill::fill(&directory.join(DATABASE), &maker).expect("the store takes the rows");
    let requests = log::fill(&directory.join(LOG), &volume);
    let gib = |file| length(&directory.join(file)) as f64 / f64::from(1 << 30);
    println!(
        "{rows} records and pushes, {requests} requests in {:.0} s; store {:.2} GiB, request log {:.2} GiB",
        started.elapsed().as_secs_f64(),
        gib(DATABASE),
        gib(LOG)
    );
    let said = format!("{} {}", volume.orders, volume.begins_ms);
    std::fs::write(directory.join(FILLED), said).expect("the directory takes a file");
    volume
}

fn length(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

fn filled_with(directory: &Path) -> Volume {
    let said = std::fs::read_to_string(directory.join(FILLED)).expect("an earlier run has kept it");
    let (orders, begins_ms) = said.split_once(' ').expect("two numbers");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    Volume { orders: number(orders).unsigned_abs(), begins_ms: number(begins_ms) }
}

fn measured(directory: &Path, merchants: &Merchants, volume: Volume) {
    let started = Instant::now();
    let server: Process = merchants.serve(directory, "");
    server.get_page("/console");
    println!("started in {:.0} ms", started.elapsed().as_secs_f64() * 1_000.0);
    #[expect(
        clippy::disallowed_methods,
        reason = "a process settles in real time before it is measured"
    )]
    std::thread::sleep(SETTLES_AFTER);
    let pages = pages::all(volume);
    let missed = measure::Visitor::new(server.address).measure(&pages);
    println!("{:.0} MB resident", server.resident_mb());
    match &*missed {
        [] => println!("every page keeps the aim: p99 at most {} ms", measure::AIM_MS),
        missed => println!(
            "{} miss the aim of {} ms: {}",
            missed.len(),
            measure::AIM_MS,
            missed.join("; ")
        ),
    }
}
