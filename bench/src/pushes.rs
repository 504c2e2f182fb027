//! Pushes: how many a second to 1, 100 and 1,000 accounts, and what dead receivers and names that hang
//! do to the delay of the healthy ones.

use crate::disk;
use crate::figures::Rounds;
use crate::load::{CONNECTIONS, Connection, on_one_thread};
use crate::merchants::{Caller, Merchants};
use crate::server::Process;
use crate::sink::Sink;
use kaipiao_testkit::name_server::{HANGS, NameServer};
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const BACKLOG: usize = 20_000;
const ROUNDS: usize = 3;
/// Of the delay: orders a second, and for how long in each round.
const PACE_PER_S: u32 = 400;
const ROUND: Duration = Duration::from_secs(12);
const ACCOUNTS: usize = 1_000;
const DEAD: usize = ACCOUNTS / 100;
/// Accounts whose receiver's name is never answered.
const HANGING: usize = 100;

/// Measures, and prints.
pub(crate) fn run() {
    println!(
        "pushes per second: a backlog of {BACKLOG}, drained to a local sink, median of {ROUNDS}"
    );
    for accounts in [1, 100, 1_000] {
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            rounds.push(drain_per_s(accounts));
        }
        println!("  {accounts:5} accounts  {:7.0} pushes/s", rounds.median());
    }
    let data = tempfile::tempdir().expect("a temporary directory");
    println!(
        "  the disk alone  {:7.0} fsync/s",
        disk::syncs_per_s(data.path(), Duration::from_secs(1))
    );
    delays();
}

const USERS: [&str; 3] = ["zhangwei", "lina", "wangfang"];

/// Builds a backlog while nothing can be delivered, then starts the server anew and lets it drain.
fn drain_per_s(accounts: usize) -> f64 {
    let data = tempfile::tempdir().expect("a temporary directory");
    let sink = Sink::start();
    let merchants = Merchants::new(accounts, sink.address);
    // A retry far away holds what one try at a time has not sent to a closed port.
    let closed = Merchants::new(accounts, closed_port());
    let server = closed.serve(data.path(), "at_once = 1\nretry_after_ms = [3600000]");
    let callers = Arc::new(closed.callers(&server));
    on_one_thread(async {
        let next = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (callers, next, address) =
                    (Arc::clone(&callers), Arc::clone(&next), server.address);
                tokio::spawn(async move {
                    let mut connection = Connection::open(address).await;
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= BACKLOG {
                            break;
                        }
                        let caller = &callers[n % callers.len()];
                        caller.order(&mut connection, &format!("o{n}"), USERS[n % 3]).await;
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.expect("every order was taken");
        }
    });
    drop(server);
    let server = merchants.serve(data.path(), "");
    // What failed once waits for its retry.
    server.post("/sandbox/v1/clock", &json!({"advance_s": 3601}));
    let (mut first, mut last) = (None, None);
    for _ in 0..BACKLOG {
        let arrival = sink.arrivals.recv_timeout(Duration::from_secs(60)).expect("all arrive");
        first.get_or_insert(arrival.at);
        last = Some(arrival.at);
    }
    let (first, last) = (first.expect("one came"), last.expect("one came"));
    f64::from(u32::try_from(BACKLOG).expect("it fits")) / (last - first).as_secs_f64()
}

fn closed_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// The delay from a user's yes to the push's arrival, with and without receivers beside that are
/// dead, or whose names are never answered.
fn delays() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let (sink, names) = (Sink::start(), NameServer::knowing(&[]));
    let hangs = |n| format!("{HANGS}-{n}.test");
    let merchants = Merchants::with_receivers(ACCOUNTS, |n| match n {
        0..HANGING => hangs(n),
        _ => sink.address.to_string(),
    });
    let push = format!("name_servers = [\"{}\"]", names.address);
    let server = merchants.serve(data.path(), &push);
    let callers = merchants.callers(&server);
    let (hanging, others) = callers.split_at(HANGING);
    // Who had a dead receiver still waits for it when names begin to hang.
    let beside_hanging = [hanging, &others[DEAD..]].concat();
    println!(
        "delay of healthy accounts' pushes, {} accounts, {PACE_PER_S} orders/s, rounds of {} s",
        others.len(),
        ROUND.as_secs()
    );
    println!("round  beside              p50 ms  p99 ms");
    let mut figures = Vec::new();
    // First all rounds without: a dead receiver's pushes outlast their round.
    for (name, bad, callers) in [
        ("nobody", 0, others.to_vec()),
        ("1 % dead", DEAD, others.to_vec()),
        ("100 names that hang", HANGING, beside_hanging),
    ] {
        let callers = Arc::new(callers);
        let (mut p50, mut p99) = (Rounds::default(), Rounds::default());
        for round in 1..=ROUNDS {
            let asked = orders(&server, &callers, &format!("r{round}-{bad}-"), bad);
            let delays = delays_ms(&sink, &asked);
            let (median, high) = (delays[delays.len() / 2], delays[delays.len() * 99 / 100]);
            println!("{round:5}  {name:<19} {median:6.1}  {high:6.1}");
            p50.push(median);
            p99.push(high);
        }
        figures.push((name, p50.median(), p99.median()));
    }
    assert!(names.unanswered() >= hanging.len(), "their names were asked for");
    let (_, p50_quiet, p99_quiet) = figures[0];
    for (name, p50, p99) in &figures[1..] {
        println!(
            "beside {name}: p50 {p50:.1} against {p50_quiet:.1} ms, p99 {p99:.1} against {p99_quiet:.1} ms; \
             ratio {:.2}",
            p99 / p99_quiet
        );
    }
}

/// How long each healthy order's push took, shortest first.
fn delays_ms(sink: &Sink, asked: &HashMap<String, Instant>) -> Vec<f64> {
    let mut delays: Vec<f64> = Vec::new();
    while delays.len() < asked.len() {
        let arrival = sink.arrivals.recv_timeout(Duration::from_secs(60)).expect("all arrive");
        if let Some(asked_at) = asked.get(&arrival.name) {
            delays.push((arrival.at - *asked_at).as_secs_f64() * 1000.0);
        }
    }
    delays.sort_by(f64::total_cmp);
    delays
}

/// Orders at a steady pace, round the accounts; the first `dead` of them have receivers that never
/// answer. Returns when each healthy order's yes was sent.
fn orders(
    server: &Process,
    callers: &Arc<Vec<Caller>>,
    prefix: &str,
    dead: usize,
) -> HashMap<String, Instant> {
    on_one_thread(async {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / PACE_PER_S);
        let (free, mut waiting) = tokio::sync::mpsc::channel(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            free.send(Connection::open(server.address).await).await.expect("there is room");
        }
        let (mut orders, end) = (Vec::new(), Instant::now() + ROUND);
        for n in 0.. {
            ticks.tick().await;
            if Instant::now() >= end {
                break;
            }
            let mut connection = waiting.recv().await.expect("connections come back");
            let (callers, free) = (Arc::clone(callers), free.clone());
            let account = n % callers.len();
            let is_dead = account < dead;
            let order_id = format!("{}{prefix}{n}", if is_dead { "dead" } else { "" });
            orders.push(tokio::spawn(async move {
                let asked_at =
                    callers[account].order(&mut connection, &order_id, USERS[n % 3]).await;
                free.send(connection).await.expect("there is room");
                (order_id, asked_at, is_dead)
            }));
        }
        let mut asked = HashMap::new();
        for order in orders {
            let (order_id, asked_at, is_dead) = order.await.expect("every order was taken");
            if !is_dead {
                asked.insert(order_id, asked_at);
            }
        }
        asked
    })
}
