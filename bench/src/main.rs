//! How fast it is. The machines that run this are noisy and differ, so a figure alone says nothing:
//! every benchmark runs its yardstick beside it, round by round, and prints the ratio of medians.
//!
//! `cargo xtask bench auth-url`: getauthurl (each call a new, durable order) against a JSON endpoint
//! that does nothing behind the same sockets, and against the disk's own fsyncs per second.
//!
//! `cargo xtask bench unified-order`: unifiedorder (each call a new, durable payment, signed) beside the same two.
//!
//! `cargo xtask bench commits`: commits of one insert on PostgreSQL, shared and not shared, against pgbench on the
//! same server.
//!
//! `cargo xtask bench store-orders`: whole orders per second on each store alone, without HTTP, issuing and receivers.
//!
//! `cargo xtask bench pushes`: pushes per second to 1, 100 and 1,000 accounts, and the delay of
//! healthy accounts' pushes with and without dead ones beside them.
//!
//! `cargo xtask bench issuing`: makeoutinvoice against the endpoint that does nothing, with the same
//! body, and whole orders per second on each store, from getauthurl to both pushes delivered, with the bytes of each.
//!
//! `cargo xtask bench attacks`: milliseconds of getauthurl while others hold all they can, as ratios to
//! the quiet run beside, and the server's memory.
//!
//! `cargo xtask bench pdf`: milliseconds and bytes of an invoice's PDF beside reportlab's.
//!
//! `cargo xtask bench start`: milliseconds from spawning the server to its first answer, without and
//! with 10,000 merchants in its settings, and its memory when idle.
//!
//! `cargo xtask bench console [--rows <n>] [--keep] [--on <directory>]`: milliseconds of each page of the console over ten
//! million rows, beside its aim. Up to 15 GB in the temporary directory.
//!
//! `cargo xtask bench held`: for how long costly requests hold the thread that serves.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

mod attacks;
mod auth_url;
mod commits;
mod console;
mod disk;
mod figures;
mod held;
mod issuing;
mod load;
mod merchants;
mod noop;
mod pdf;
mod pushes;
mod rates;
mod server;
mod sink;
mod start;
mod store_orders;
mod stored;
mod unified_order;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["auth-url"] => auth_url::run(),
        ["unified-order"] => unified_order::run(),
        ["commits"] => commits::run(),
        ["store-orders"] => store_orders::run(),
        ["pushes"] => pushes::run(),
        ["issuing"] => issuing::run(),
        ["pdf"] => pdf::run(),
        ["attacks"] => attacks::run(),
        ["start"] => start::run(),
        ["held"] => held::run(),
        ["console", ref arguments @ ..] => console::run(arguments),
        ["noop"] => noop::serve(),
        _ => {
            eprintln!(
                "usage: cargo xtask bench auth-url | unified-order | commits | store-orders | pushes | issuing | pdf | start | attacks | held | console [--rows <n>] [--keep] [--on <directory>]"
            );
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
