//! kill -9 under load in 25 rounds (`tests/chaos`), and what a start finds that was killed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use kaipiao_chaos::cluster::{Cluster, Node, Store};
use kaipiao_chaos::{Engine, Plan, SERIES};
use kaipiao_tests::MERCHANT;
use serde_json::Value;
use std::path::Path;

const BINARY: &str = env!("CARGO_BIN_EXE_kaipiao");

#[test]
fn no_acknowledged_change_is_lost_in_25_rounds() {
    play(Engine::Sqlite);
}

#[test]
fn two_servers_on_postgres_lose_no_acknowledged_change_in_25_rounds() {
    play(Engine::Postgres);
}

fn play(engine: Engine) {
    let seed = fastrand::u64(..1_000_000);
    kaipiao_chaos::run(&Plan {
        engine,
        binary: Path::new(BINARY),
        rounds: SERIES,
        seed,
        outage: None,
    });
}

/// A process that dies at any commit of its very first start leaves nothing that the next start does
/// not put right: the demo merchant can issue.
#[test]
fn a_first_start_that_was_killed_is_put_right_by_the_next() {
    for group in 1..=12 {
        let cluster = Cluster::new(Path::new(BINARY), Store::Sqlite);
        // Dead, or, when its start has fewer commits, listening.
        let first = cluster.begin("a", Some(group)).listening();
        let has_started = first.is_some();
        drop(first);
        let node = cluster.start("a");
        let sandbox = node.sure_get("sandbox/v1/accounts");
        assert_eq!(sandbox["merchant"]["code"], "2ff836", "killed at {group}");
        assert_eq!(sandbox["users"].as_array().unwrap().len(), 3, "killed at {group}");
        let ranges = numbers(&node)["ranges"].take();
        assert_eq!(ranges.as_array().unwrap().len(), 1, "killed at {group}");
        if group == 12 {
            assert!(has_started, "a first start has more commits than are tried here");
        }
    }
}

fn numbers(node: &Node) -> Value {
    node.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &Value::Null)
}

/// A start that finds everything as it left it commits nothing.
#[test]
fn a_second_start_changes_nothing() {
    let cluster = Cluster::new(Path::new(BINARY), Store::Sqlite);
    drop(cluster.start("a"));
    drop(cluster.begin("a", Some(1)).listening().expect("it dies before its first commit"));
}
