//! Commits of one insert on PostgreSQL beside pgbench, which inserts the same row on the same server.

use crate::figures::Rounds;
use kaipiao_ports::record::{Body, Expect, Field, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Store};
use kaipiao_store_postgres::{Options, PostgresStore};
use kaipiao_testkit::postgres::Database;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const PGBENCH: &str = "/usr/lib/postgresql/15/bin/pgbench";

/// What an order's row says, in as many bytes.
pub(crate) const BODY: &str = r#"{"s_pappid":"d3g2YjYxNjk3MDY5NjE2ZjMx","money_fen":11000,"timestamp":1474875876,"source":"web","redirect_url":"https://mp.weixin.qq.com/","page_type":1,"asked_by":"wx6b61697069616f31","offered_at_ms":1793000000000,"state":{"authorized":{"user":"zhangwei","openid":"oLjKb0Z2mY3nQ4rS5tU6vW7xY8zA","at_ms":1793000001000,"title":{"company":{"title":"深圳市示例科技有限公司","tax_no":"91440300MA5EXAMPLE","addr":"深圳市示例路9号","phone":"0755-80000009","bank_type":"示例银行","bank_no":"6200000000000009"}}}}}"#;

/// How commits are shared among writers.
struct Sharing {
    writers: usize,
    group: usize,
}

/// A kind of row: how the store saves it, and what pgbench inserts.
struct Row {
    name: &'static str,
    kind: Kind,
    insert: &'static str,
}

const ROWS: [Row; 2] = [
    Row {
        name: "invoice content: a key and a body",
        kind: Kind::InvoiceContent,
        insert: "INSERT INTO invoice_contents (bucket, owner, id, version, body) \
                 VALUES (:bucket, 'wx6b61697069616f' || :owner::text, 'b-' || :id::text, 1, :body);",
    },
    Row {
        name: "order: a time and terms too, and a note for the indexer (pgbench leaves no note)",
        kind: Kind::Order,
        insert: "INSERT INTO orders (bucket, owner, id, version, body, time_ms, terms) \
                 VALUES (:bucket, 'wx6b61697069616f' || :owner::text, 'b-' || :id::text, 1, :body, \
                 :id, ARRAY['1=offered']);",
    },
];

const SHARINGS: [Sharing; 5] = [
    Sharing { writers: 1, group: 64 },
    Sharing { writers: 2, group: 16 },
    Sharing { writers: 4, group: 16 },
    Sharing { writers: 4, group: 64 },
    Sharing { writers: 16, group: 1 },
];

/// Measures, and prints.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("the process can start threads");
    let scripts = tempfile::tempdir().expect("a temporary directory");
    println!("{CLIENTS} clients, {ROUNDS} rounds of {} s", ROUND.as_secs());
    for row in &ROWS {
        println!("{}", row.name);
        runtime.block_on(measure(row, scripts.path()));
    }
}

/// pgbench and every way of sharing take turns, each in a database of its own.
async fn measure(row: &Row, scripts: &Path) {
    let yardstick = Database::new().await;
    open(&yardstick, &SHARINGS[0]).await.close().await;
    let script = scripts.join(row.kind.table());
    let text = format!(
        "\\set bucket random(0, 255)\n\\set owner random(10, 99)\n\
         \\set id random(1, 9000000000000)\n{}\n",
        row.insert
    );
    std::fs::write(&script, text).expect("the directory takes a file");
    let mut sides = Vec::new();
    for sharing in &SHARINGS {
        let database = Database::new().await;
        let store = Arc::new(open(&database, sharing).await);
        sides.push((sharing, Rounds::default(), store, database));
    }
    let (mut of_pgbench, next) = (Rounds::default(), Arc::new(AtomicU64::new(0)));
    for _ in 0..ROUNDS {
        of_pgbench.push(pgbench(&yardstick, &script));
        for (_, rounds, store, _) in &mut sides {
            rounds.push(commits_per_s(store, row.kind, &next).await);
        }
    }
    println!("                             commits/s   least    most  to pgbench");
    let yardstick = of_pgbench.median();
    line("pgbench -M prepared", &of_pgbench, yardstick);
    for (Sharing { writers, group }, rounds, store, _) in &sides {
        let shares = match group {
            1 => "not shared".to_owned(),
            most => format!("{most} share at most"),
        };
        line(&format!("{writers:2} writers, {shares}"), rounds, yardstick);
        store.close().await;
    }
}

fn line(name: &str, rounds: &Rounds, yardstick: f64) {
    let (least, most) = rounds.spread();
    let median = rounds.median();
    println!("{name:<28} {median:6.0}  {least:6.0}  {most:6.0}  {:10.2}", median / yardstick);
}

async fn open(database: &Database, sharing: &Sharing) -> PostgresStore {
    let Sharing { writers, group } = *sharing;
    let connections = (2 * writers).max(16);
    let options = Options { writers, group, connections, ..Options::new(database.url()) };
    PostgresStore::open(options).await.expect("the server is there")
}

/// Transactions per second, as pgbench counts them.
fn pgbench(database: &Database, script: &Path) -> f64 {
    let output = Command::new(PGBENCH)
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={CLIENTS}"))
        .arg(format!("--time={}", ROUND.as_secs()))
        .arg(format!("--define=body={BODY}"))
        .arg("--file")
        .arg(script)
        .arg(database.url())
        .output()
        .expect("pgbench runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    line.and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

async fn commits_per_s(store: &Arc<PostgresStore>, kind: Kind, next: &Arc<AtomicU64>) -> f64 {
    let started = Instant::now();
    let end = started + ROUND;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (store, next) = (Arc::clone(store), Arc::clone(next));
            tokio::spawn(async move {
                let mut committed = 0_u32;
                while Instant::now() < end {
                    let save = save(kind, next.fetch_add(1, Ordering::Relaxed));
                    store.commit(Commit::of(vec![save])).await.expect("it is new");
                    committed += 1;
                }
                committed
            })
        })
        .collect();
    let mut committed = 0;
    for client in clients {
        committed += client.await.expect("every commit was taken");
    }
    f64::from(committed) / started.elapsed().as_secs_f64()
}

/// A new record of one of 90 accounts.
fn save(kind: Kind, n: u64) -> Save {
    let key = Key {
        kind,
        owner: format!("wx6b61697069616f{}", 10 + n % 90),
        id: format!("b-{}", 1_000_000_000_000 + n),
    };
    let index = match kind.has_time() {
        true => Index {
            time_ms: 1_793_000_000_000,
            unused_since_ms: None,
            fields: vec![(Field::State, "offered".into())],
        },
        false => Index::default(),
    };
    Save { key, expect: Expect::Absent, body: Some(Body::new(BODY)), index }
}
